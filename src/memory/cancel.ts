import { fieldOf } from "../fields.ts";
import type { StoreQueue } from "../store.ts";
import { delayedOf, type Memory, tablesOf } from "./memory.ts";
import { recall, remember } from "./send.ts";

/**
 * Takes a delayed message back, and frees its key; the same request again returns what it returned the
 * first time.
 */
export function cancel(memory: Memory, queue: StoreQueue, id: string, requestId: string): boolean {
  const before = recall(memory, requestId);
  if (before !== undefined) return before.ids.length > 0;
  const delayed = delayedOf(memory, queue.stream);
  const key = fieldOf(delayed.get(id)?.fields ?? [], queue.keyField) ?? "";
  const found = delayed.delete(id);
  const { keys, ids } = tablesOf(memory, queue.stream, queue.group);
  const isHeld = queue.deduplicate && (keys.get(key)?.expiresAt ?? 0) < 0;
  if (isHeld && ids.get(key) === id) {
    keys.delete(key);
    ids.delete(key);
  }
  remember(memory, requestId, { ids: found ? [id] : [] });
  return found;
}
