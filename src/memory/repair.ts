import type { Orphans, Repaired, RepairRequest, StoreQueue } from "../store.ts";
import type { ConsumerGroup } from "./consumer-group.ts";
import { compareIds, idAfter } from "./entry-id.ts";
import { type GroupTables, type Memory, tablesOf, timeOf } from "./memory.ts";
import { isShort, mark, parkWithRecord } from "./parked-set.ts";
import type { Stream } from "./stream.ts";
import { isUndecided } from "./undecided.ts";

const SLICE = 200;

/**
 * Brings back parked messages by the records of them. Entries that nobody waits for and nothing proves to be done are
 * counted, unless somebody decides.
 */
export function repair(memory: Memory, queue: StoreQueue, request: RepairRequest): Repaired {
  const tables = tablesOf(memory, queue.stream, queue.group);
  const stream = memory.streams.get(queue.stream);
  const group = stream?.groups.get(queue.group);
  const { cursor, from, to, decide, seen, orphans: before } = request;
  const restored = cursor === undefined ? restore(tables, stream, group) : 0;
  const { state } = tables;
  if (stream === undefined || group === undefined || !isUndecided(queue, stream, tables)) {
    if (seen === "") delete state.orphans;
    return { restored, orphans: undefined, cursor: undefined };
  }
  if (seen === "all" && cursor === undefined && state.orphans?.seen === "all") {
    return { restored, orphans: state.orphans.found, cursor: undefined };
  }
  const first = cursor === undefined ? firstOf(from, state.start) : idAfter(cursor);
  const last =
    to !== undefined && compareIds(to, group.lastDelivered) < 0 ? to : group.lastDelivered;
  const entries = stream.list(first, SLICE).filter(({ id }) => compareIds(id, last) <= 0);
  const ids = entries
    .map(({ id }) => id)
    .filter((id) => !group.pending.has(id) && !tables.parked.has(id));
  if (decide === "run") {
    const due = timeOf(memory);
    for (const id of ids) parkWithRecord(tables, { id, due, crashed: false, deliveries: 0 });
  } else if (decide === "discard" && state.marked !== true) {
    stream.delete(ids);
  }
  const next = entries.length === SLICE ? entries.at(-1)?.id : undefined;
  const orphans = sum(before, ids);
  if (seen !== "") {
    const atLeast = next === undefined ? 0 : Number(seen) || 0;
    const found = orphans && { ...orphans, count: Math.max(orphans.count, atLeast) };
    state.orphans = { seen, found };
  } else if (decide !== undefined) {
    delete state.orphans;
    if (next === undefined && from === undefined && to === undefined && state.marked === true) {
      tables.due.clear();
      tables.markers.due = false;
      mark(tables);
    }
  }
  return { restored, orphans, cursor: next };
}

/**
 * A set that has its marker was not lost. Then, and where the entry is gone or somebody has it, what has a record and is
 * not parked was claimed by a release that keeps no records.
 */
function restore(
  tables: GroupTables,
  stream: Stream | undefined,
  group: ConsumerGroup | undefined,
): number {
  const { parked, due, markers } = tables;
  if (!isShort(tables)) return 0;
  let restored = 0;
  for (const [id, message] of due) {
    if (parked.has(id)) continue;
    const waits =
      !markers.parked &&
      group !== undefined &&
      compareIds(id, group.lastDelivered) <= 0 &&
      stream?.get(id) !== undefined &&
      !group.pending.has(id);
    if (waits) parked.set(id, message);
    else due.delete(id);
    restored += Number(waits);
  }
  markers.parked ||= markers.due;
  return restored;
}

/** What was there before the group is none of its business. */
function firstOf(from: string | undefined, start: string | undefined): string | undefined {
  if (start === undefined) return from;
  return from === undefined || compareIds(from, start) <= 0 ? idAfter(start) : from;
}

function sum(before: Orphans | undefined, ids: readonly string[]): Orphans | undefined {
  const firstId = before?.firstId ?? ids[0];
  return firstId === undefined ? undefined : { count: (before?.count ?? 0) + ids.length, firstId };
}
