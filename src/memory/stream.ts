import { type ConsumerGroup, createConsumerGroup } from "./consumer-group.ts";
import { compareIds, FIRST_ID, newId } from "./entry-id.ts";
import { createIdMap } from "./id-map.ts";

export interface Entry {
  readonly id: string;
  /** Names and values, alternating. */
  readonly fields: readonly string[];
}

/**
 * A stream as Redis keeps it: entries in the order of their ids, and consumer groups. Any program
 * may use it beside a queue; a test can play that program.
 */
export interface Stream {
  readonly length: number;
  /** How many entries were ever added. */
  readonly added: number;
  readonly lastId: string;
  /** The highest id that was ever deleted, `0-0` where none was; trimmed ones do not count. */
  readonly lastDeleted: string;
  readonly groups: Map<string, ConsumerGroup>;
  /** Adds an entry, as XADD does; returns its id. */
  add(fields: readonly string[]): string;
  get(id: string): Entry | undefined;
  /** Entries in order: those not below `from`, at most `count` of them. */
  list(from?: string, count?: number): Entry[];
  /** Removes entries, as XDEL does; returns how many there were. */
  delete(ids: readonly string[]): number;
  /** Removes the entries below an id, as XTRIM MINID does; returns how many. */
  trim(floor: string): number;
  /** Makes a consumer group that has read everything up to an id. */
  createGroup(name: string, lastDelivered: string): ConsumerGroup;
  /** The same stream a second time, as a replica has it. */
  copy(): Stream;
}

export function createStream(now: () => number, original?: Stream): Stream {
  const entries = createIdMap<Entry>();
  const groups = new Map<string, ConsumerGroup>();
  let added = original?.added ?? 0;
  let lastId = original?.lastId ?? FIRST_ID;
  let lastDeleted = original?.lastDeleted ?? FIRST_ID;
  for (const entry of original?.list() ?? []) entries.set(entry.id, entry);

  const stream: Stream = {
    groups,
    get length() {
      return entries.size;
    },
    get added() {
      return added;
    },
    get lastId() {
      return lastId;
    },
    get lastDeleted() {
      return lastDeleted;
    },

    add(fields) {
      added += 1;
      lastId = newId(lastId, now());
      entries.set(lastId, { id: lastId, fields });
      return lastId;
    },

    get: (id) => entries.get(id),
    list: (from, count) => entries.list(from, count),

    delete(ids) {
      const deleted = ids.filter((id) => entries.delete(id));
      for (const id of deleted) if (compareIds(id, lastDeleted) > 0) lastDeleted = id;
      return deleted.length;
    },

    trim(floor) {
      let removed = 0;
      for (const { id } of entries.list()) {
        if (compareIds(id, floor) >= 0) break;
        entries.delete(id);
        removed += 1;
      }
      return removed;
    },

    createGroup(name, lastDelivered) {
      const group = createConsumerGroup(stream, now, lastDelivered);
      groups.set(name, group);
      return group;
    },

    copy: () => createStream(now, stream),
  };
  for (const [name, group] of original?.groups ?? []) {
    groups.set(name, createConsumerGroup(stream, now, group.lastDelivered, group));
  }
  return stream;
}
