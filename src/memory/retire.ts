import type { StoreQueue } from "../store.ts";
import { dropTables, type Memory, streamOf } from "./memory.ts";
import { recall, remember } from "./send.ts";

/** Ends a consumer group; the same request again returns what it returned the first time. */
export function retire(memory: Memory, { stream, group }: StoreQueue, requestId: string): boolean {
  const before = recall(memory, requestId);
  if (before !== undefined) return before.ids.length > 0;
  dropTables(memory, stream, group);
  const removed = streamOf(memory, stream).groups.delete(group);
  remember(memory, requestId, { ids: removed ? [group] : [] });
  return removed;
}
