import type { StoreQueue, Trimmed } from "../store.ts";
import { compareIds, idAfter } from "./entry-id.ts";
import { type Memory, tablesOf, timeOf } from "./memory.ts";
import type { Stream } from "./stream.ts";
import { SUSPECTS } from "./turn-begin.ts";

const SLICE = 1_000;

/**
 * Removes completed entries below the floor: over all groups, the first pending entry, the one after
 * the last delivered, and the lowest parked id. What is unprocessed for anybody stays.
 */
export function trim(memory: Memory, queue: StoreQueue, declared: readonly string[]): Trimmed {
  const stream = memory.streams.get(queue.stream);
  const names = [...(stream?.groups.keys() ?? [])];
  const undeclared = names.some((name) => !declared.includes(name));
  const bill = { requests: 1, commands: 0 };
  if (stream === undefined || !names.includes(queue.group) || undeclared) {
    return { removed: 0, more: false, orphans: false, bill };
  }
  if (mayBeOrphans(memory, queue, stream)) {
    return { removed: 0, more: false, orphans: true, bill };
  }
  tablesOf(memory, queue.stream, queue.group).state.marked = true;
  const floor = floorOf(memory, queue.stream, stream);
  const removed = stream.trim(lower(floor, retained(memory, queue, stream, floor)));
  return { removed, more: removed === SLICE, orphans: false, bill };
}

/**
 * Where nobody but us ever worked in the group, and nothing was ever kept, entries that are done are
 * lost messages. A group that somebody else has made has not our permanent consumer yet.
 */
function mayBeOrphans(memory: Memory, queue: StoreQueue, stream: Stream): boolean {
  const { state } = tablesOf(memory, queue.stream, queue.group);
  const keeps =
    queue.shared || queue.retention !== undefined || state.shared === true || state.kept === true;
  const consumers = [...(stream.groups.get(queue.group)?.consumers.keys() ?? [])];
  const ours = consumers.includes(SUSPECTS) && consumers.every((name) => name.startsWith("xd:"));
  return state.marked !== true && stream.groups.size === 1 && !keeps && ours;
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
