import type { Repaired, StoreQueue } from "../store.ts";
import { compareIds, idAfter } from "./entry-id.ts";
import { type Memory, tablesOf, timeOf } from "./memory.ts";

const SLICE = 200;

/**
 * Parks again the entries that the loss of the parked set made invisible: delivered before, neither
 * pending nor parked. Where completed entries are kept they look the same, so nothing is done there.
 */
export function repair(memory: Memory, queue: StoreQueue, cursor: string | undefined): Repaired {
  const stream = memory.streams.get(queue.stream);
  const group = stream?.groups.get(queue.group);
  if (stream === undefined || group === undefined) return { parked: 0, cursor: undefined };
  const { parked, state } = tablesOf(memory, queue.stream, queue.group);
  if (stream.groups.size > 1 || state.shared === true || state.kept === true) {
    return { parked: 0, cursor: undefined };
  }
  const from = cursor === undefined ? undefined : idAfter(cursor);
  const read = stream
    .list(from, SLICE)
    .filter(({ id }) => compareIds(id, group.lastDelivered) <= 0);
  const orphans = read.filter(({ id }) => !group.pending.has(id) && !parked.has(id));
  for (const { id } of orphans)
    parked.set(id, { id, due: timeOf(memory), crashed: false, deliveries: 0 });
  return { parked: orphans.length, cursor: read.length === SLICE ? read.at(-1)?.id : undefined };
}
