import type { StoreQueue } from "../store.ts";
import { delayedOf, type Memory } from "./memory.ts";
import { recall, remember } from "./send.ts";

/** Takes a delayed message back; the same request again returns what it returned the first time. */
export function cancel(memory: Memory, queue: StoreQueue, id: string, requestId: string): boolean {
  const before = recall(memory, requestId);
  if (before !== undefined) return before.ids.length > 0;
  const found = delayedOf(memory, queue.stream).delete(id);
  remember(memory, requestId, { ids: found ? [id] : [] });
  return found;
}
