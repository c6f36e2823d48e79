// The statistics of a queue by plain reads: eight commands in one round trip, whatever the size.

import { describeStats } from "../describe-stats.ts";
import type { Counters, QueueStats, StreamReading } from "../statistics.ts";
import type { Depth, StoreQueue } from "../store.ts";
import { named, numberIn, readGroup, readTime, replyOf } from "./answers.ts";
import { groupKeys } from "./keys.ts";
import { asArray, asNumber, asText, asTexts } from "./reply.ts";
import type { Answer } from "./transport.ts";

/** Beyond it are the marks in the parked set, as below zero (parked.lua, trim.lua). */
const LAST_DUE = `(${Number.MAX_SAFE_INTEGER}`;

export function statsCommands(queue: StoreQueue): readonly (readonly string[])[] {
  const { stream, parked, delayed, dead, stats } = groupKeys(queue);
  return [
    ["TIME"],
    ["XINFO", "STREAM", stream],
    ["XINFO", "GROUPS", stream],
    ["ZCOUNT", parked, "0", LAST_DUE],
    ["ZCARD", delayed],
    ["XLEN", dead],
    ["HGETALL", stats],
    ["MEMORY", "USAGE", stream],
  ];
}

export function depthCommands(queue: StoreQueue): readonly (readonly string[])[] {
  const { stream, parked, delayed, dead, state } = groupKeys(queue);
  return [
    ["XLEN", stream],
    ["XPENDING", stream, queue.group],
    ["ZCOUNT", parked, "0", LAST_DUE],
    ["ZCARD", delayed],
    ["XLEN", dead],
    ["HGET", state, "dropped"],
  ];
}

/** @throws StoreError as readStats() does. */
export function readDepth(answers: readonly Answer[]): Depth {
  const [entries, pending, parked, delayed, dead, dropped] = answers.map(replyOf);
  return {
    entries: asNumber(entries),
    inFlight: asNumber(asArray(pending ?? [])[0] ?? 0),
    parked: asNumber(parked),
    delayed: asNumber(delayed),
    dead: asNumber(dead),
    dropped: asNumber(dropped ?? 0),
  };
}

/** @throws StoreError where the server refuses a read for another reason than a missing key. */
export function readStats(queue: StoreQueue, answers: readonly Answer[]): QueueStats {
  const [time, stream, groups, parked, delayed, dead, counters, memory] = answers;
  return describeStats({
    now: readTime(replyOf(time)),
    stream: readStream(replyOf(stream)),
    group: readGroup(replyOf(groups), queue.group),
    start: queue.start,
    parked: asNumber(replyOf(parked) ?? 0),
    delayed: asNumber(replyOf(delayed) ?? 0),
    dead: asNumber(replyOf(dead) ?? 0),
    counters: readCounters(replyOf(counters)),
    bytes: memory?.ok && typeof memory.reply === "number" ? memory.reply : undefined,
  });
}

function readStream(reply: unknown): StreamReading | undefined {
  if (reply === undefined || reply === null) return undefined;
  const info = named(reply);
  return {
    length: asNumber(info.get("length")),
    added: numberIn(info, "entries-added"),
    firstId: entryId(info.get("first-entry")),
    lastId: entryId(info.get("last-entry")),
  };
}

function entryId(entry: unknown): string | undefined {
  return Array.isArray(entry) && entry.length > 0 ? asText(entry[0]) : undefined;
}

function readCounters(reply: unknown): Counters {
  const counters = new Map<string, string>();
  const flat = reply === undefined || reply === null ? [] : asTexts(reply);
  for (let i = 0; i + 1 < flat.length; i += 2) counters.set(flat[i] ?? "", flat[i + 1] ?? "");
  return counters;
}
