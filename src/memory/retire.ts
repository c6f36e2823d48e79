import type { StoreQueue } from "../store.ts";
import { dropTables, type Memory, streamOf } from "./memory.ts";

/** Ends a consumer group, with all that is kept for it but its dead letters. */
export function retire(memory: Memory, { stream, group }: StoreQueue): boolean {
  dropTables(memory, stream, group);
  return streamOf(memory, stream).groups.delete(group);
}
