// The sweep: expired leases move to the suspects, a slice at a time from a cursor kept in the state.

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
  /** When the next slice may follow. */
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
  const slice = group.autoClaim(SUSPECTS, { minIdle: lease, cursor, count: 10 });
  turn.lostPayloads += slice.gone.length;
  const finished = slice.cursor === FIRST_ID;
  const dirty = slice.claimed.length + slice.gone.length > 0 || state.dirty === true;
  if (finished && dirty) deleteIdleConsumers(turn);
  state.cursor = slice.cursor;
  state.next = now + (finished ? queue.gateMs : 50);
  // What was ours may leave our consumer behind: the next sweep sees to that.
  const ours = [...slice.claimed, ...slice.gone].some((id) => turn.delivery.has(id));
  state.dirty = dirty && (!finished || ours);
  return { reclaimed: slice.claimed.length, sweeping: !finished, nextAt: state.next };
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
