import type { ResolvedQueue } from "./queue-options.ts";
import type { CallLimits } from "./store.ts";

/**
 * Brings back messages that the loss of the parked set made invisible; returns how many. Where
 * completed entries stay they look the same, so nothing is brought back there. `calls` bounds how far
 * it looks, from the oldest entry on.
 */
export async function repairQueue(
  queue: ResolvedQueue,
  limits: CallLimits,
  calls = Number.POSITIVE_INFINITY,
): Promise<number> {
  const { store, storeQueue } = queue;
  if (storeQueue.shared || storeQueue.retention !== undefined) return 0;
  let parked = 0;
  let cursor: string | undefined;
  let made = 0;
  do {
    made += 1;
    const repaired = await store.repair(storeQueue, cursor, limits);
    parked += repaired.parked;
    cursor = repaired.cursor;
  } while (cursor !== undefined && made < calls);
  return parked;
}
