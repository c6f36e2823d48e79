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
    if (!owns(turn, delivery)) turn.unsettled.push({ id, isLost: true, parking: false });
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
 * What is not owned. It is lost, but for an outcome that was sent before. That was settled then if it is
 * owned with another count (parked, and claimed again) or is a retry or a release and parked. What is in no
 * list any more is gone: ended by somebody, or its payload is. Otherwise it cannot be told.
 */
export function resolveUnsettled(turn: Turn): void {
  const { tables, group, stream } = turn;
  for (const { id, isLost, parking } of turn.unsettled) {
    const parked = tables.parked.has(id);
    const there = parked || group.pending.has(id) || (!turn.keep && stream.get(id) !== undefined);
    if (!there) turn.gone.push(id);
    else if (!isLost && !turn.delivery.has(id) && !(parking && parked)) turn.uncertain.push(id);
    if (isLost) turn.lost.push(id);
  }
}

/** Owned, but neither held nor settled by the caller: the response that handed it out was lost. */
export function lostClaims(turn: Turn): string[] {
  return [...turn.delivery.keys()].filter((id) => !turn.stillHeld.has(id));
}
