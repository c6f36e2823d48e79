// Where sends are deduplicated, a message holds its key from its send until it is done, dead or
// cancelled: the record's time is negative, and beside it is the message's id. Of a delayed message
// that went into the stream there are two: the sender's, a space, the entry's.

import { type Memory, streamOf } from "./memory.ts";

export function ownId(holder: string): string {
  return holder.split(" ")[0] ?? "";
}

export function entryId(holder: string): string {
  return holder.split(" ").at(-1) ?? "";
}

/**
 * Somebody else may have deleted the message: then nobody holds the key. Of a delayed one that the pass
 * of another group put into the stream nobody can tell, so it counts as there.
 */
export function isThere(memory: Memory, stream: string, holder: string): boolean {
  const id = entryId(holder);
  if (id.startsWith("d")) return true;
  return streamOf(memory, stream).get(id) !== undefined;
}
