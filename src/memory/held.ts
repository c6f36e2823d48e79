import { giveWay, keyOf, owns } from "./settle.ts";
import type { Turn } from "./turn-begin.ts";

/** What the pass still holds: renewed when it asks (a third of the lease has passed). */
export function renewHeld(turn: Turn): void {
  const { request, now, lease } = turn;
  const renewed: string[] = [];
  for (const delivery of request.held) {
    const { id } = delivery;
    const key = keyOf(turn, delivery);
    const record = turn.taken.get(id);
    if (!owns(turn, delivery)) turn.lost.push(id);
    else if (record !== undefined) giveWay(turn, delivery, record);
    if (!owns(turn, delivery)) continue;
    turn.stillHeld.add(id);
    if (!request.renew) continue;
    renewed.push(id);
    if (key !== "" && !turn.queue.deduplicate)
      turn.changes.records.push({ key, expiresAt: now + lease, done: false });
  }
  turn.group.claim(request.token, renewed, { minIdle: 0, justId: true });
}

/**
 * An outcome that was sent before and is not owned now. A retry or a release was settled then if the
 * entry is parked; any outcome, if it is gone. Otherwise it cannot be told.
 */
export function resolveUnsettled(turn: Turn): void {
  const { tables, group, stream } = turn;
  for (const { id, parking } of turn.unsettled) {
    const parked = tables.parked.has(id);
    const there = !turn.keep && stream.get(id) !== undefined;
    if ((parked || group.pending.has(id) || there) && !(parking && parked)) turn.uncertain.push(id);
  }
}

/** Owned, but neither held nor settled by the caller: the response that handed it out was lost. */
export function lostClaims(turn: Turn): string[] {
  return [...turn.delivery.keys()].filter((id) => !turn.stillHeld.has(id));
}
