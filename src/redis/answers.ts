// Answers of plain commands, where nobody made the keys yet, or a server leaves something out.

import type { GroupReading } from "../statistics.ts";
import { serverError } from "./errors.ts";
import { asArray, asNumber, asText } from "./reply.ts";
import type { Answer } from "./transport.ts";

/** Undefined for a key or a group that does not exist. */
export function replyOf(answer: Answer | undefined): unknown {
  if (answer === undefined) return undefined;
  if (answer.ok) return answer.reply;
  if (/no such key|\bNOGROUP\b/i.test(answer.message)) return undefined;
  throw serverError(answer.message, 1);
}

/** Milliseconds since 1970, from TIME. */
export function readTime(reply: unknown): number {
  const [seconds, micros] = asArray(reply).map(asNumber);
  return (seconds ?? 0) * 1_000 + Math.floor((micros ?? 0) / 1_000);
}

/** A flat reply of names and values. */
export function named(reply: unknown): ReadonlyMap<string, unknown> {
  const flat = asArray(reply);
  const result = new Map<string, unknown>();
  for (let i = 0; i + 1 < flat.length; i += 2) result.set(asText(flat[i]), flat[i + 1]);
  return result;
}

/** One group of many, from XINFO GROUPS; undefined where it does not exist. */
export function readGroup(reply: unknown, name: string): GroupReading | undefined {
  if (reply === undefined || reply === null) return undefined;
  const info = asArray(reply)
    .map(named)
    .find((group) => group.get("name") === name);
  if (info === undefined) return undefined;
  return {
    pending: asNumber(info.get("pending")),
    consumers: asNumber(info.get("consumers")),
    lastDelivered: asText(info.get("last-delivered-id")),
    entriesRead: numberIn(info, "entries-read"),
    lag: numberIn(info, "lag"),
  };
}

export function numberIn(info: ReadonlyMap<string, unknown>, name: string): number | undefined {
  const value = info.get(name);
  return value === undefined || value === null ? undefined : asNumber(value);
}
