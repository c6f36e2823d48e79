import type { Depth, StoreQueue } from "../store.ts";
import { deadLettersOf, delayedOf, type Memory, tablesOf } from "./memory.ts";

/** How much is where. */
export function depth(memory: Memory, queue: StoreQueue): Depth {
  const stream = memory.streams.get(queue.stream);
  return {
    entries: stream?.length ?? 0,
    inFlight: stream?.groups.get(queue.group)?.pending.size ?? 0,
    parked: tablesOf(memory, queue.stream, queue.group).parked.size,
    dropped: tablesOf(memory, queue.stream, queue.group).state.dropped ?? 0,
    delayed: delayedOf(memory, queue.stream).size,
    dead: deadLettersOf(memory, queue).length,
  };
}
