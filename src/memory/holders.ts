// Where sends are deduplicated, a message holds its key from its send until it is done, dead or
// cancelled: the record's time is negative, and beside it is the message's id. Of a delayed message
// that its group has read there are two: the sender's, a space, the entry's. In between, the pass that
// put it into the stream, of whatever group, has noted the entry.

import { delayedOf, type Memory, streamOf } from "./memory.ts";

export function ownId(holder: string): string {
  return holder.split(" ")[0] ?? "";
}

export function entryId(holder: string): string {
  return holder.split(" ").at(-1) ?? "";
}

/** Somebody else may have deleted or cancelled the message: then nobody holds the key. */
export function isThere(memory: Memory, stream: string, holder: string): boolean {
  const id = entryId(holder);
  if (delayedOf(memory, stream).has(id)) return true;
  return streamOf(memory, stream).get(memory.moved.get(id) ?? id) !== undefined;
}
