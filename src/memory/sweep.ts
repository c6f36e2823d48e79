// The sweep: expired leases move to the suspects, from a cursor kept in the state: as many as are handed
// out at once, and no more while any of them waits.

import { FIRST_ID } from "./entry-id.ts";
import { DEFAULT_LEASE_MS } from "./group.ts";
import { DAY_MS, SUSPECTS, type Turn } from "./turn-begin.ts";

/**
 * Functions may be deployed with different leases: each holds by its own, and the sweep waits for the
 * largest. The default needs no record. A record is renewed once a day, and gives way to a shorter lease
 * when it is three days old; what counted before counts on while others may say that they are there.
 *
 * @returns the lease to sweep by.
 */
export function agreeOnLease({ tables: { state }, lease, now }: Turn): number {
  const { lease: stored = DEFAULT_LEASE_MS, leaseBefore: before = DEFAULT_LEASE_MS } = state;
  const age = now - (state.leaseAt ?? 0);
  const longest = Math.max(lease, stored, age < 2 * before + 30_000 ? before : 0);
  const renews = state.lease === lease && age > DAY_MS;
  if (lease > stored || (lease < stored && age > 3 * DAY_MS) || renews) {
    state.lease = lease;
    state.leaseAt = now;
    state.leaseBefore = longest;
  }
  return longest;
}

export interface Sweep {
  readonly reclaimed: number;
  readonly sweeping: boolean;
  /** When the next cycle may begin. */
  readonly nextAt: number;
}

export function sweep(turn: Turn, lease: number): Sweep {
  const { group, queue, now } = turn;
  const { state } = turn.tables;
  const opens = state.next ?? 0;
  // A clock that went back opens the gate.
  if (now < opens && opens <= now + queue.gateMs) {
    return { reclaimed: 0, sweeping: false, nextAt: opens };
  }
  const cursor = state.cursor ?? FIRST_ID;
  // What somebody has trimmed is in front, and is told of whoever holds it.
  const gone = cursor === FIRST_ID ? group.dropGone(10) : 0;
  // What was swept is not in flight any more: all of it, and not bit by bit.
  const limited = queue.maxInFlight !== undefined;
  const most = limited ? 100 : turn.request.suspectBatch;
  const expired = group.expired(lease, cursor, most + 1);
  const wait = !limited && (group.consumers.get(SUSPECTS)?.size ?? 0) > 0;
  const ids = wait ? [] : expired.slice(0, most);
  const claimed = group.claim(SUSPECTS, ids, { minIdle: lease, justId: true }).length;
  turn.lostPayloads += gone + ids.length - claimed;
  const firstLeft = gone > 0 ? cursor : expired[ids.length];
  const dirty = state.dirty === true;
  if (firstLeft === undefined && (ids.length > 0 || dirty)) deleteIdleConsumers(turn);
  const nextAt = now + queue.gateMs;
  state.cursor = firstLeft ?? FIRST_ID;
  state.next = firstLeft === undefined ? nextAt : now;
  // The next cycle looks for consumers again: one of what was found last may be left, our own for one.
  state.dirty = ids.length + gone > 0 || (firstLeft !== undefined && dirty);
  return { reclaimed: claimed, sweeping: firstLeft !== undefined, nextAt };
}

/** A sweep found something, and was not through when all was settled. */
export function endSweep(turn: Turn): void {
  const { state } = turn.tables;
  if (state.dirty !== true) return;
  deleteIdleConsumers(turn);
  state.cursor = FIRST_ID;
  state.dirty = false;
}

/** Removes the consumers that dead passes left; never one that owns something or is not ours. */
function deleteIdleConsumers({ group, request }: Turn): void {
  for (const [name, pending] of group.consumers) {
    const ours = name.startsWith("xd:") && name !== SUSPECTS && name !== request.token;
    if (ours && pending.size === 0) group.consumers.delete(name);
  }
}
