// Claiming: what a lost response left, then due parked messages and new ones.

import { byDueTime, type Parked } from "./memory.ts";
import { unpark } from "./parked-set.ts";
import { promote } from "./promote.ts";
import { FEW, give, takeFitting } from "./suspects.ts";
import { DAY_MS, isNextDue, type Turn } from "./turn-begin.ts";

function crashesOf(turn: Turn, id: string): number {
  return turn.crashed.has(id) ? (turn.tables.crashes.get(id) ?? 0) : 0;
}

/** Returned again with the counts that they have; what does not fit stays owned for later turns. */
export function claimLost(turn: Turn, ids: readonly string[]): void {
  const { group, request } = turn;
  turn.kind = "replayed";
  for (const id of ids.slice(0, request.claim || ids.length)) {
    const deliveries = turn.delivery.get(id) ?? 1;
    if (deliveries > 1) turn.crashed.add(id); // nobody remembers: look
    const [entry] = group.claim(request.token, [id], { minIdle: 0, deliveries });
    if (entry === undefined) turn.lostPayloads += 1;
    else give(turn, entry, deliveries, crashesOf(turn, id));
  }
}

/** The parked messages that are due; learns when the next one is. Delayed ones go into the stream. */
export function dueParked(turn: Turn): readonly Parked[] {
  if (turn.tables.paused) {
    turn.heldBack = "paused";
    turn.claim = 0;
    return [];
  }
  promote(turn);
  const waiting = byDueTime(turn.tables.parked);
  const due = waiting.filter((one) => one.due <= turn.now).slice(0, turn.claim);
  const next = waiting[due.length];
  if (next !== undefined) isNextDue(turn, next.due);
  return due;
}

/**
 * Forced into the pending list again with the count that they had. Min-idle is the longest lease: zero
 * would steal a live one where the group was made anew and somebody has read the entry again.
 */
export function claimParked(turn: Turn, due: readonly Parked[], room: number): void {
  const { tables, group, stream, request } = turn;
  turn.unparked = takeFitting(turn, Math.min(due.length, room), { few: FEW }, (first, last) => {
    for (const { id, deliveries: before, crashed } of due.slice(first, last)) {
      const deliveries = before + 1;
      if (crashed) turn.crashed.add(id);
      const options = { minIdle: DAY_MS, force: true, deliveries };
      const [entry] = group.claim(request.token, [id], options);
      if (entry !== undefined) give(turn, entry, deliveries, crashesOf(turn, id));
      else if (stream.get(id) === undefined) turn.lostPayloads += 1;
      unpark(tables, id);
    }
  });
}

/** New messages: as many as fit into what is left of the bytes, or into so many of them. */
export function claimNew(turn: Turn, want: number, half?: number): void {
  takeFitting(turn, want, { few: want, half }, (first, last) => {
    for (const entry of turn.group.read(turn.request.token, last - first)) give(turn, entry, 1, 0);
  });
}
