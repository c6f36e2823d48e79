import { fieldOf } from "../fields.ts";
import type { StoreQueue } from "../store.ts";
import { compareIds } from "./entry-id.ts";
import { type Memory, streamOf, tablesOf } from "./memory.ts";

/** Lets the group read again what is behind a position; what it had of that is dropped first. */
export function replayFrom(memory: Memory, queue: StoreQueue, position: string): boolean {
  const group = streamOf(memory, queue.stream).groups.get(queue.group);
  if (group === undefined) return false;
  const isBehind = (id: string) => compareIds(id, position) > 0;
  const pending = group.pending.list().map(({ id }) => id);
  group.ack(pending.filter(isBehind));
  const { parked } = tablesOf(memory, queue.stream, queue.group);
  for (const id of parked.keys()) if (isBehind(id)) parked.delete(id);
  group.setPosition(position);
  return false;
}

/** Forgets that the work of entries' keys is done. */
export function forgetDone(memory: Memory, queue: StoreQueue, position: string): undefined {
  const { keys, ids } = tablesOf(memory, queue.stream, queue.group);
  for (const { id, fields } of streamOf(memory, queue.stream).list()) {
    const key = fieldOf(fields, queue.keyField) ?? "";
    if (compareIds(id, position) <= 0 || keys.get(key)?.done !== true) continue;
    keys.delete(key);
    ids.delete(key);
  }
}
