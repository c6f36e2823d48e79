import { fieldOf } from "../fields.ts";
import type { StoreQueue } from "../store.ts";
import { compareIds } from "./entry-id.ts";
import { type Memory, streamOf, tablesOf } from "./memory.ts";
import { mark, unpark } from "./parked-set.ts";
import { recall, remember } from "./send.ts";

/**
 * Lets the group read again what is behind a position, and never moves it forward, which would skip what
 * it has not read. The same request again does nothing.
 */
export function replayFrom(
  memory: Memory,
  queue: StoreQueue,
  position: string,
  requestId: string,
): void {
  const stream = streamOf(memory, queue.stream);
  const group = stream.groups.get(queue.group);
  if (group === undefined || recall(memory, requestId) !== undefined) return;
  const isBehind = (id: string) => compareIds(id, position) > 0;
  const pending = group.pending.list().map(({ id }) => id);
  group.ack(pending.filter(isBehind));
  const tables = tablesOf(memory, queue.stream, queue.group);
  const { parked, due, markers, state } = tables;
  state.dirty = true; // somebody's consumer may be left: the next sweep sees to that
  for (const id of [...parked.keys(), ...due.keys()]) if (isBehind(id)) unpark(tables, id);
  if (compareIds(position, group.lastDelivered) < 0) group.setPosition(position);
  // Where nothing is left behind that the loss of the parked set could hide, the trim may rely on it again.
  const first = stream.list(undefined, 1)[0]?.id;
  if (state.marked === true && (first === undefined || isBehind(first))) {
    due.clear();
    markers.due = false;
    delete state.orphans;
    mark(tables);
  }
  remember(memory, requestId, { ids: [] });
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
