// Claiming: what a lost response left, then due parked messages and new ones.

import { sizeOf } from "./bytes.ts";
import { byDueTime, type Parked } from "./memory.ts";
import { unpark } from "./parked-set.ts";
import { promote } from "./promote.ts";
import { give } from "./suspects.ts";
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
  for (const { id, deliveries: before, crashed } of due.slice(0, room)) {
    const deliveries = before + 1;
    if (crashed) turn.crashed.add(id);
    const options = { minIdle: DAY_MS, force: true, deliveries };
    const [entry] = group.claim(request.token, [id], options);
    if (entry !== undefined) give(turn, entry, deliveries, crashesOf(turn, id));
    else if (stream.get(id) === undefined) turn.lostPayloads += 1;
    unpark(tables, id);
    turn.unparked += 1;
  }
}

/** Reads new entries; returns how many came and their bytes. */
function readNew(turn: Turn, count: number): { readonly got: number; readonly bytes: number } {
  const entries = turn.group.read(turn.request.token, count);
  for (const entry of entries) give(turn, entry, 1, 0);
  return {
    got: entries.length,
    bytes: entries.reduce((sum, { fields }) => sum + sizeOf(fields), 0),
  };
}

/**
 * As many as fit by the size seen so far. Where none was seen, a first slice small enough to fit
 * whatever its payloads are tells how many more do.
 */
export function claimNew(turn: Turn, want: number): void {
  const { sizeHint, maxBytes, probe } = turn.request;
  if (sizeHint > 0) {
    const fitting = Math.max(1, Math.floor(maxBytes / Math.ceil(sizeHint)));
    readNew(turn, Math.min(want, fitting));
    return;
  }
  const { got, bytes } = readNew(turn, Math.min(want, probe));
  if (got < probe || want <= got) return;
  const more = Math.floor((maxBytes - bytes) / Math.max(1, bytes / got));
  if (more > 0) readNew(turn, Math.min(want - got, more));
}
