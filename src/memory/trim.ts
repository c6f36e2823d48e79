import type { StoreQueue, Trimmed } from "../store.ts";
import { compareIds, idAfter } from "./entry-id.ts";
import { type Memory, tablesOf, timeOf } from "./memory.ts";
import { isMarkerLost, isShort, mark } from "./parked-set.ts";
import type { Stream } from "./stream.ts";
import { isUndecided } from "./undecided.ts";

const SLICE = 1_000;

/**
 * Removes completed entries below the floor: over all groups, the first pending entry, the one after
 * the last delivered, and the lowest parked id. What is unprocessed for anybody stays.
 */
export function trim(memory: Memory, queue: StoreQueue, declared: readonly string[]): Trimmed {
  const stream = memory.streams.get(queue.stream);
  const names = [...(stream?.groups.keys() ?? [])].sort();
  const bill = { requests: 1, commands: 0 };
  const nothing = { removed: 0, more: false, orphansIn: undefined, bill };
  const own = tablesOf(memory, queue.stream, queue.group);
  if (stream === undefined || names.some((name) => ![...declared, ...queue.groups].includes(name)))
    return nothing;
  const lost = names.find((name) => {
    const tables = tablesOf(memory, queue.stream, name);
    return !tables.markers.parked && (isShort(tables) || isMarkerLost(tables));
  });
  if (lost !== undefined) return { ...nothing, orphansIn: lost };
  if ([queue.group, ...queue.groups, ...declared].some((name) => !names.includes(name)))
    return nothing;
  if (own.state.marked !== true && isUndecided(queue, stream, own))
    return { ...nothing, orphansIn: queue.group };
  mark(own);
  const floor = floorOf(memory, queue.stream, stream);
  const removed = stream.trim(lower(floor, retained(memory, queue, stream, floor)));
  return { ...nothing, removed, more: removed === SLICE };
}

function lower(a: string, b: string): string {
  return compareIds(a, b) < 0 ? a : b;
}

function floorOf(memory: Memory, name: string, stream: Stream): string {
  const holds = [...stream.groups].flatMap(([group, { pending, lastDelivered }]) => [
    pending.list(undefined, 1)[0]?.id ?? idAfter(lastDelivered),
    ...tablesOf(memory, name, group).parked.keys(),
  ]);
  return holds.reduce(lower);
}

/** Up to which id the queue's retention lets entries go; a bounded slice a call. */
function retained(memory: Memory, queue: StoreQueue, stream: Stream, floor: string): string {
  const { retention } = queue;
  if (retention === undefined) return floor;
  if ("maxAgeMs" in retention) return `${Math.max(0, timeOf(memory) - retention.maxAgeMs)}-0`;
  const excess = Math.max(0, Math.min(SLICE, stream.length - retention.maxCount));
  return idAfter(stream.list(undefined, excess).at(-1)?.id ?? "0-0");
}
