// The outcomes of the pass, each applied only if this token still owns the id with that count: owner
// alone is not enough, since a pass can lose a message and claim it again.

import type { Delivery } from "../store.ts";
import { entryId, isThere } from "./holders.ts";
import type { KeyRecord } from "./memory.ts";
import { parkWithRecord, unpark } from "./parked-set.ts";
import { finish, park, type Turn } from "./turn-begin.ts";

/** Longer than a turn's own work: idle times so close to the lease count as its end. */
export const SCRIPT_MS = 20;

/**
 * A lease that ran out and was not swept yet still owns its pending entry, but its record among the
 * keys has expired: another message with the same key may have it by now. Such a record says done, or
 * expires later than ours could, which was written when the lease began, or names a holder.
 */
export function askForKeys(turn: Turn): void {
  const { held, complete, retry, dead, release, keyed } = turn.request;
  if (!keyed) return;
  for (const { id, key } of [...held, ...complete, ...retry, ...dead, ...release]) {
    const idle = turn.idle.get(id);
    if (key === "" || idle === undefined || idle < turn.lease - SCRIPT_MS) continue;
    const record = turn.tables.keys.get(key);
    const holder = turn.tables.ids.get(key);
    const isHeld = record !== undefined && record.expiresAt < 0 && holder !== undefined;
    if (isHeld && entryId(holder) !== id && isThere(turn.memory, turn.queue.stream, holder)) {
      turn.taken.set(id, { expiresAt: turn.now + turn.lease, done: false });
    }
    if (record === undefined || record.expiresAt <= turn.now) continue;
    const oursUntil = turn.now - idle + turn.lease + SCRIPT_MS;
    if (record.done || record.expiresAt > oursUntil) turn.taken.set(id, record);
  }
}

export function owns(turn: Turn, { id, delivery }: Delivery): boolean {
  return turn.delivery.get(id) === delivery;
}

/** Whether the outcome may be applied; resolveUnsettled finds out about one that may not. */
export function mine(turn: Turn, outcome: Delivery, parking = false): boolean {
  if (owns(turn, outcome)) return true;
  turn.unsettled.push({ id: outcome.id, isLost: turn.attempt === 1, parking });
  return false;
}

/** A pass that has met no keys sends none. */
export function keyOf({ request }: Turn, { key }: Delivery): string {
  return request.keyed ? key : "";
}

/**
 * Its lease ran out, and another message has its key by now. Where that one is not done, this delivery
 * counts, and is no failure of the handler.
 */
export function giveWay(turn: Turn, { id, delivery }: Delivery, record: KeyRecord): void {
  const { crashes } = turn.tables;
  turn.lost.push(id);
  turn.delivery.delete(id);
  if (record.done) {
    finish(turn, id);
  } else {
    turn.crashed.add(id);
    crashes.set(id, (crashes.get(id) ?? 0) + 1);
    park(turn, id, record.expiresAt, delivery);
  }
}

export function settleCompleted(turn: Turn): void {
  const { queue, request, taken, now } = turn;
  for (const outcome of request.complete) {
    const { id } = outcome;
    const key = keyOf(turn, outcome);
    const record = taken.get(outcome.id);
    if (record !== undefined && owns(turn, outcome)) {
      giveWay(turn, outcome, record);
    } else if (mine(turn, outcome)) {
      finish(turn, id);
      turn.delivery.delete(id);
      turn.ended.set(key, true);
      const { messageId = id, result = "" } = outcome;
      for (const name of queue.keepResults ? [key, messageId] : [key]) {
        if (name === "") continue;
        turn.changes.records.push({ key: name, expiresAt: now + queue.windowMs, done: true });
        if (queue.keepResults) turn.changes.results.push({ name, result });
      }
    }
  }
}

/** The key of work that was not done may be taken by another message. */
export function free(turn: Turn, outcome: Delivery): void {
  const key = keyOf(turn, outcome);
  if (key === "" || turn.taken.has(outcome.id) || turn.queue.deduplicate) return;
  turn.changes.frees.push(key);
  turn.ended.set(key, false);
}

/**
 * What waits for the keys of what this turn has settled: done with it, or due now. It is parked, unless
 * somebody has it by now.
 */
export function settleWaiting(turn: Turn): void {
  const { tables } = turn;
  for (const { id, key } of turn.request.waiting) {
    const one = tables.parked.get(id);
    const isDone = turn.ended.get(key);
    if (one === undefined || isDone === undefined) continue;
    if (isDone) {
      unpark(tables, id);
      if (one.crashed) turn.crashed.add(id);
      finish(turn, id);
      turn.duplicates += 1;
    } else {
      parkWithRecord(tables, { ...one, due: turn.now });
    }
  }
}

export function settleRetries(turn: Turn): void {
  for (const outcome of turn.request.retry) {
    if (!mine(turn, outcome, true)) continue;
    park(turn, outcome.id, turn.now + outcome.delayMs, outcome.delivery);
    free(turn, outcome);
    turn.delivery.delete(outcome.id);
  }
}

export function settleReleased(turn: Turn): void {
  for (const outcome of turn.request.release) {
    if (!mine(turn, outcome, true)) continue;
    park(turn, outcome.id, turn.now + outcome.delayMs, outcome.delivery - 1);
    free(turn, outcome);
    turn.delivery.delete(outcome.id);
  }
}
