import type { StoreQueue } from "../store.ts";
import type { ConsumerGroup } from "./consumer-group.ts";
import { FIRST_ID, millisecondsOf } from "./entry-id.ts";
import { type GroupTables, type Memory, streamOf, timeOf } from "./memory.ts";
import type { Stream } from "./stream.ts";
import { SUSPECTS } from "./turn-begin.ts";

export const DEFAULT_LEASE_MS = 60_000;

/** What a look at the stream and all of its groups shows. */
export interface Survey {
  readonly groups: readonly string[];
  /** Pending entries of our group, and how many it has not read; undefined where unknown. */
  readonly pending: number;
  readonly unread: number | undefined;
  readonly length: number;
  /** When the first entry was added. */
  readonly firstMs: number | undefined;
  /** Unread entries that are not there any more: somebody else has trimmed them. */
  readonly trimmedExcess: number | undefined;
  /** Over every group of the stream: nothing is pending, and read up to here. */
  readonly allSettled: boolean;
  readonly allReadMs: number;
}

/** The consumer group, made where it is missing. */
export function openGroup(
  memory: Memory,
  queue: StoreQueue,
  tables: GroupTables,
): {
  readonly group: ConsumerGroup;
  readonly stream: Stream;
  readonly created: boolean;
  readonly lostPayloads: number;
} {
  const isFresh = !memory.streams.has(queue.stream);
  const lostPayloads = isFresh ? tables.parked.size : 0;
  const stream = streamOf(memory, queue.stream);
  const existing = stream.groups.get(queue.group);
  if (existing?.consumers.size === 0 && existing.lastDelivered === FIRST_ID) {
    tables.parked.clear();
    tables.due.clear();
    tables.markers.due = false;
  }
  if (existing !== undefined) return { group: existing, stream, created: false, lostPayloads: 0 };
  // Re-reading from 0 brings everything back, so what was parked is dropped with the group. Only one
  // that never existed may start at $; it had nothing parked.
  const existed = Object.keys(tables.state).length > 0;
  const start = queue.start === "$" ? stream.lastId : queue.start;
  const from = start === "0" || existed ? FIRST_ID : start;
  for (const table of [tables.parked, tables.due, tables.crashes]) table.clear();
  tables.markers.parked = tables.markers.due = false;
  const { state } = tables;
  for (const field of ["marked", "orphans", "start"] as const) delete state[field];
  if (queue.leaseMs !== DEFAULT_LEASE_MS) state.lease ??= queue.leaseMs; // nobody holds anything yet
  if (queue.start !== "0") Object.assign(state, { created: timeOf(memory), start: from });
  const group = stream.createGroup(queue.group, from);
  // As a send does that makes the stream.
  const others = isFresh ? queue.groups.filter((name) => name !== queue.group) : [];
  for (const name of others) stream.createGroup(name, FIRST_ID);
  group.makeConsumer(SUSPECTS); // says that the group is of our making
  return { group, stream, created: true, lostPayloads };
}

export function lookAtGroups(stream: Stream, name: string): Survey {
  const groups = [...stream.groups.values()];
  const own = stream.groups.get(name);
  const [first] = stream.list(undefined, 1);
  const unread = own?.entriesRead === undefined ? undefined : stream.added - own.entriesRead;
  return {
    groups: [...stream.groups.keys()].sort(), // as Redis lists them
    pending: own?.pending.size ?? 0,
    unread,
    length: stream.length,
    firstMs: first === undefined ? undefined : millisecondsOf(first.id),
    trimmedExcess: unread === undefined ? undefined : unread - stream.length,
    allSettled: groups.every(({ pending }) => pending.size === 0),
    allReadMs: Math.min(...groups.map(({ lastDelivered }) => millisecondsOf(lastDelivered))),
  };
}
