// Suspects: delivered before and never settled, so their pass died with them in hand. The first time
// they come again in a small batch, after that alone, so that the one that kills takes few along.

import { sizeOf } from "./bytes.ts";
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

/** How many tell of their size what others have not told. */
export const FEW = 10;

/**
 * Takes up to `want`, as many as fit into what is left of the bytes, or into `half` of them: by the size
 * seen so far, but no more than `few`, at first, and then by their own. `take` gives them; if it gives
 * fewer, there are no more. Where not one fits into a half, one comes in every other turn.
 *
 * @returns how many were taken.
 */
export function takeFitting(
  turn: Turn,
  want: number,
  { few, half }: { readonly few: number; readonly half?: number | undefined },
  take: (first: number, last: number) => void,
): number {
  const { sizeHint, maxBytes } = turn.request;
  const bytesFrom = (from: number) =>
    turn.messages.slice(from).reduce((sum, { fields }) => sum + sizeOf(fields), 0);
  const before = turn.messages.length;
  const room = half ?? maxBytes - bytesFrom(0);
  const least = half === undefined ? Number(before === 0) : turn.now % 2;
  let size = Math.max(least, Math.min(Math.floor(room / Math.ceil(sizeHint)), few));
  let at = 0;
  while (at < want && size > 0) {
    const last = Math.min(at + size, want);
    take(at, last);
    at = last;
    size = 0;
    if (at < want && turn.messages.length - before === at) {
      const bytes = bytesFrom(before);
      size = Math.floor(((room - bytes) * at) / bytes);
    }
  }
  return at;
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
  const taken = takeFitting(turn, chosen.length, { few: FEW }, (first, last) => {
    turn.kind = "suspects";
    for (const { id, deliveries, crashes } of chosen.slice(first, last)) {
      turn.crashed.add(id);
      tables.crashes.set(id, crashes);
      const [entry] = group.claim(request.token, [id], { minIdle: 0 });
      if (entry === undefined) turn.lostPayloads += 1;
      else give(turn, entry, deliveries + 1, crashes);
    }
  });
  turn.suspectsLeft = list.length > Math.min(over.length + taken, most);
}
