// Suspects: delivered before and never settled, so their pass died with them in hand. The first time
// they come again in a small batch, after that alone, so that the one that kills takes few along.

import { writeDeadLetter } from "./dead-letters.ts";
import { flush, SUSPECTS, type Turn } from "./turn-begin.ts";

interface Suspect {
  readonly id: string;
  readonly deliveries: number;
  /** Deaths of passes, the one that made it a suspect included. */
  readonly crashes: number;
}

export function give(
  turn: Turn,
  entry: { readonly id: string; readonly fields: readonly string[] },
  delivery: number,
  crashes: number,
): void {
  turn.messages.push({ id: entry.id, delivery, crashes, fields: entry.fields });
}

/** Splits the waiting suspects: over the limit, to be given now, and the rest. */
function chooseSuspects(turn: Turn, list: readonly Suspect[], most: number) {
  const { onCrash, maxDeliveries } = turn.queue;
  const over: Suspect[] = [];
  const chosen: Suspect[] = [];
  let alone = false;
  for (const suspect of list) {
    const again = suspect.crashes > 1;
    if (onCrash === "dead" || suspect.deliveries >= maxDeliveries) {
      over.push(suspect);
    } else if (chosen.length === 0 || (!again && !alone && chosen.length < most)) {
      chosen.push(suspect);
      alone ||= again;
    }
  }
  return { over, chosen };
}

export function claimSuspects(turn: Turn): void {
  const { tables, group, request } = turn;
  const most = Math.min(request.suspectBatch, turn.claim);
  const waiting = group.consumers.get(SUSPECTS)?.list(undefined, most + 1) ?? [];
  const list = waiting.map(({ id, deliveries }) => {
    return { id, deliveries, crashes: (tables.crashes.get(id) ?? 0) + 1 };
  });
  const { over, chosen } = chooseSuspects(turn, list, most);
  for (const { id, deliveries, crashes } of over) {
    const failures = Math.max(0, deliveries - crashes);
    turn.crashed.add(id);
    const written = writeDeadLetter(turn, id, deliveries, {
      reason: "crashed",
      error: "",
      failures,
    });
    if (written) turn.dead += 1;
  }
  flush(turn);
  if (list.length > 0)
    turn.suspectsLeft = list.length > Math.min(over.length + chosen.length, most);
  if (chosen.length === 0) return;
  turn.kind = "suspects";
  for (const suspect of chosen) {
    const { id, deliveries, crashes } = suspect;
    turn.crashed.add(id);
    tables.crashes.set(id, crashes);
    const [entry] = group.claim(request.token, [id], { minIdle: 0 });
    if (entry === undefined) turn.lostPayloads += 1;
    else give(turn, entry, deliveries + 1, crashes);
  }
}
