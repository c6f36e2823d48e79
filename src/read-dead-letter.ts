// What an entry of a dead-letter stream says. Ours begin with six pairs that report what happened, and
// the fields of the message follow. Hand-written code adds `failed_at` and `reason` to a copy of the
// message, in any order; every other field is the message's.

import { countIn, delayedId, fieldOf, ID_FIELD } from "./fields.ts";
import { millisecondsOf } from "./oldest-ready.ts";
import type { StreamEntry } from "./store.ts";
import type { DeadReason } from "./turn.ts";

/** Why a message is a dead letter: one of ours, or the words of another producer. */
export type LetterReason = DeadReason | (string & {});

/** A dead letter, as its stream has it. */
export interface DeadLetterEntry {
  /** Its id in the dead-letter stream. */
  readonly id: string;
  /** The id of the entry that it was in its queue; undefined if another producer wrote it. */
  readonly originalId: string | undefined;
  readonly reason: LetterReason;
  /** The last error's text, with its stack behind it; empty if there is none. */
  readonly error: string;
  /** Milliseconds since 1970. */
  readonly failedAt: number;
  /** Undefined if another producer wrote it. */
  readonly deliveries: number | undefined;
  /** Undefined if another producer wrote it without a count that the queue knows (`retryCountField`). */
  readonly failures: number | undefined;
  /** The fields of the message. */
  readonly fields: readonly string[];
}

/** How many values of one of ours report what happened, before the fields of the message. */
const STORY = 12;
/** What other producers add to the fields of the message. */
const ADDED = ["failed_at", "reason"];

export function readDeadLetter(entry: StreamEntry, retryCountField?: string): DeadLetterEntry {
  const { id, fields } = entry;
  const ours = isOurs(fields);
  const failedAt = fieldOf(fields, "failed_at");
  const countOf = (name: string | undefined) =>
    name === undefined || fieldOf(fields, name) === undefined ? undefined : countIn(fields, name);
  return {
    id,
    originalId: ours ? fields[11] : undefined,
    reason: fieldOf(fields, "reason") ?? "",
    error: (ours && fields[5]) || "",
    failedAt: checkedTime(ours ? Number(failedAt) : readTime(failedAt), id),
    deliveries: ours ? countOf("deliveries") : undefined,
    failures: countOf(ours ? "failures" : retryCountField),
    fields: ours ? fields.slice(STORY) : without(fields, ADDED),
  };
}

function isOurs(fields: readonly string[]): boolean {
  return fields.length > STORY && fields[0] === "failed_at" && fields[10] === "original_id";
}

/** The id that `send` returned for the message: that of its entry, unless it was delayed. */
export function messageIdOf({ fields, originalId }: DeadLetterEntry): string | undefined {
  return delayedId(fields) ?? originalId;
}

/**
 * The fields with which a dead letter becomes a new message: without the id that a delayed one had, and
 * without the count of its failures. The script `redrive` does the same.
 */
export function redrivenFields(entry: StreamEntry, retryCountField?: string): readonly string[] {
  const { fields } = entry;
  const own = [ID_FIELD, retryCountField];
  return isOurs(fields) ? without(fields.slice(STORY), own) : without(fields, [...own, ...ADDED]);
}

/** The fields but for some; all of them if nothing else is there, since no entry can be empty. */
export function without(
  fields: readonly string[],
  names: readonly (string | undefined)[],
): readonly string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] ?? "";
    if (!names.includes(name)) kept.push(name, fields[i + 1] ?? "");
  }
  return kept.length > 0 ? kept : fields;
}

/** As seconds since 1970 it is the year 5138, as milliseconds March 1973. */
const SECONDS_BELOW = 100_000_000_000;
/** The last moment that a Date can hold. */
const LAST_DATE = 8_640_000_000_000_000;

/** Seconds or milliseconds since 1970, as milliseconds; NaN for anything else. */
function readTime(text: string | undefined): number {
  const number = /^\d+(\.\d+)?$/.test(text ?? "") ? Number(text) : Number.NaN;
  return number < SECONDS_BELOW ? number * 1_000 : number;
}

/** A time that a Date can hold; otherwise when the entry was added, by its id. */
function checkedTime(ms: number, id: string): number {
  return ms >= 0 && ms <= LAST_DATE ? Math.floor(ms) : Math.min(millisecondsOf(id), LAST_DATE);
}
