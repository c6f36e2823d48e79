// Dead letters: a copy with what happened goes to the dead-letter stream before the entry is done.

import { fieldOf, RAW_FIELD } from "../fields.ts";
import type { Retention, StoreQueue } from "../store.ts";
import { type DeadReason, textOf } from "../turn.ts";
import { byteLength } from "./bytes.ts";
import { idAfter } from "./entry-id.ts";
import { deadLettersOf, type Memory } from "./memory.ts";
import { free, mine } from "./settle.ts";
import type { Entry, Stream } from "./stream.ts";
import { finish, type Turn } from "./turn-begin.ts";

/** The most values that Redis' scripts can move; a wider entry is stored in one field. */
export const WIDEST = 780;

export interface Death {
  readonly reason: DeadReason;
  readonly error: string;
  readonly stack?: string;
  readonly failures: number;
}

/** @returns whether there was something to write. */
export function writeDeadLetter(turn: Turn, id: string, deliveries: number, death: Death): boolean {
  const entry = turn.stream.get(id);
  if (entry === undefined) {
    turn.lostPayloads += 1;
  } else {
    const story = {
      failed_at: turn.now,
      reason: death.reason,
      error: textOf(death),
      deliveries,
      failures: death.failures,
      original_id: id,
    };
    // An entry that is deleted holds no key any more; one that stays has it taken from it.
    const frees = turn.queue.deduplicate || turn.keep;
    const key = frees ? (fieldOf(entry.fields, turn.queue.keyField) ?? "") : "";
    if (key !== "") turn.changes.drops.push({ key, id });
    const letters = deadLettersOf(turn.memory, turn.queue);
    letters.add([
      ...Object.entries(story).flat().map(String),
      ...narrow(entry.fields, turn.queue.keyField),
    ]);
    trimTo(letters, turn.queue.deadLetterRetention, turn.now);
  }
  finish(turn, id);
  return entry !== undefined;
}

/** A message as the scripts can move it; its key stays beside the field that holds all others. */
export function narrow(fields: readonly string[], keyField: string): readonly string[] {
  if (fields.length <= WIDEST) return fields;
  const raw = fields.map((value) => `${byteLength(value)}:${value}`).join("");
  const key = fieldOf(fields, keyField) ?? "";
  return [RAW_FIELD, raw, ...(key === "" ? [] : [keyField, key])];
}

/** Exact here; Redis trims whole nodes of a hundred entries. */
function trimTo(letters: Stream, retention: Retention | undefined, now: number): void {
  if (retention === undefined) return;
  if ("maxAgeMs" in retention) {
    letters.trim(`${Math.max(0, now - retention.maxAgeMs)}-0`);
  } else {
    const oldest = letters.list(undefined, Math.max(0, letters.length - retention.maxCount));
    letters.trim(idAfter(oldest.at(-1)?.id ?? "0-0"));
  }
}

export function settleDead(turn: Turn): void {
  for (const outcome of turn.request.dead) {
    if (!mine(turn, outcome)) continue;
    const written = writeDeadLetter(turn, outcome.id, outcome.delivery, outcome);
    if (!written) turn.lost.push(outcome.id);
    free(turn, outcome);
    turn.delivery.delete(outcome.id);
  }
}

/** Entries of the stream of dead letters after an id. */
export function readDeadLetters(
  memory: Memory,
  queue: StoreQueue,
  page: { readonly after: string | undefined; readonly count: number },
): Entry[] {
  const from = page.after === undefined ? undefined : idAfter(page.after);
  return deadLettersOf(memory, queue).list(from, page.count);
}
