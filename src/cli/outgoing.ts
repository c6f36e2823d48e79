import type { BatchMessage, SendOptions } from "../send.ts";
import { UsageError } from "./errors.ts";
import type { Line } from "./lines.ts";

/** How the texts of payloads are read. */
export interface Reading {
  /** A payload is the text itself, not JSON. */
  readonly text: boolean;
  /** The payload's field that is its idempotency key. */
  readonly keyField: string | undefined;
  readonly options: SendOptions;
}

/** @throws UsageError for a text that is not JSON, or whose key is missing. */
export function outgoing({ number, text }: Line, reading: Reading): BatchMessage<unknown> {
  const { keyField, options } = reading;
  const payload = reading.text ? text : parseLine(text, number);
  if (keyField === undefined) return { ...options, payload };
  return { ...options, idempotencyKey: keyOf(payload, keyField, number), payload };
}

function parseLine(text: string, line: number): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The parser's own text would repeat a part of the payload.
    const advice = "With --text a payload is the text itself.";
    throw new UsageError(`Expected JSON as payload ${line}, got something else. ${advice}`);
  }
}

function keyOf(payload: unknown, field: string, line: number): string {
  const value = (payload as Record<string, unknown> | null)?.[field];
  if (typeof value === "string" && value !== "") return value;
  if (typeof value === "number") return String(value);
  throw new UsageError(
    `Expected payload ${line} to have a string or a number in its field "${field}".`,
  );
}
