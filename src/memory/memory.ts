import type { Clock, Orphans, StoreQueue } from "../store.ts";
import { FIRST_ID } from "./entry-id.ts";
import { createStream, type Stream } from "./stream.ts";

/** What Redis would hold: streams under their names, and our tables beside them. */
export interface Memory {
  readonly clock: Clock;
  readonly streams: Map<string, Stream>;
  /** The side tables of each consumer group. */
  readonly groups: Map<string, GroupTables>;
  /** Messages that are not due yet, by their stream and id. */
  readonly delayed: Map<string, Map<string, Delayed>>;
  /** The entries of those that hold a key, until their group has read them. */
  readonly moved: Map<string, string>;
  /** Ids that a send or a redrive made, by its request id. */
  readonly sent: Map<string, Sent>;
}

/** A message that waits beside the stream until it is due. */
export interface Delayed {
  readonly due: number;
  readonly fields: readonly string[];
}

export interface Sent {
  readonly ids: readonly (string | undefined)[];
  /** Places of those that were there before. */
  readonly duplicates?: readonly number[];
  readonly expiresAt: number;
}

/** A message that waits for its time, with the deliveries that count so far. */
export interface Parked {
  readonly id: string;
  readonly due: number;
  /** Whether there may be a record of crashes. */
  readonly crashed: boolean;
  readonly deliveries: number;
}

export interface KeyRecord {
  /** Of a key that a message holds since its send: that time, negative. */
  readonly expiresAt: number;
  /** Done inside of its window, or else in progress. */
  readonly done: boolean;
}

/** What passes tell each other. */
export interface GroupState {
  cursor?: string;
  next?: number;
  dirty?: boolean;
  lease?: number;
  leaseAt?: number;
  /** What counted before it was recorded. */
  leaseBefore?: number;
  shared?: boolean;
  /** Completed entries have stayed, since a retention said so. */
  kept?: boolean;
  trimmed?: number;
  /** The parked set and its records have their markers, or one was lost. */
  marked?: boolean;
  /** Behind which entry the group began, where that was not the first. */
  start?: string;
  /** What a pass saw when it looked for orphans, and those that it found. */
  orphans?: { readonly seen: string; readonly found: Orphans | undefined };
  /** Whether suspects were the last to be handed out. */
  suspects?: boolean;
  created?: number;
  /** By a letter of their tokens: the last turns that left their passes with nothing. */
  ended?: { readonly [letter: string]: { readonly token: string; readonly number: number } };
  /** Entries that were pushed out by newer ones. */
  dropped?: number;
}

export interface GroupTables {
  readonly parked: Map<string, Parked>;
  /** The same messages, where the set of them gets lost. */
  readonly due: Map<string, Parked>;
  /** What goes with the set, and with the records. */
  readonly markers: { parked: boolean; due: boolean };
  readonly keys: Map<string, KeyRecord>;
  /** The ids of the messages that have a key, where sends are deduplicated. */
  readonly ids: Map<string, string>;
  readonly crashes: Map<string, number>;
  readonly results: Map<string, string>;
  /** How many messages began in each hundredth of a limited rate's time. */
  readonly starts: Map<number, number>;
  /** Until when the passes under way have their leases, where their number is limited. */
  readonly passes: Map<string, number>;
  paused: boolean;
  /** Counters and histograms of all passes, as the hash in Redis has them. */
  readonly stats: Map<string, string | number>;
  /** What passes did, one entry each. */
  readonly journal: Readonly<Record<string, string | number>>[];
  /** Until when nobody else needs to kick for a pass of this depth. */
  readonly kickedUntil: Map<number, number>;
  state: GroupState;
}

export function createMemory(clock: Clock): Memory {
  const [streams, groups, delayed] = [new Map(), new Map(), new Map()];
  return { clock, streams, groups, delayed, moved: new Map(), sent: new Map() };
}

/** The same a second time, as a replica has it; what happens to one does not touch the other. */
export function copyMemory({ clock, streams, groups, delayed, moved, sent }: Memory): Memory {
  const tables = [...groups].map(([name, tables]) => {
    const {
      parked,
      due,
      markers,
      keys,
      ids,
      crashes,
      results,
      starts,
      passes,
      paused,
      stats,
      journal,
      kickedUntil,
      state,
    } = tables;
    const copy: GroupTables = {
      parked: new Map(parked),
      due: new Map(due),
      markers: { ...markers },
      keys: new Map(keys),
      ids: new Map(ids),
      crashes: new Map(crashes),
      results: new Map(results),
      starts: new Map(starts),
      passes: new Map(passes),
      paused,
      stats: new Map(stats),
      journal: [...journal],
      kickedUntil: new Map(kickedUntil),
      state: { ...state },
    };
    return [name, copy] as const;
  });
  return {
    clock,
    streams: new Map([...streams].map(([name, stream]) => [name, stream.copy()])),
    groups: new Map(tables),
    delayed: new Map([...delayed].map(([stream, messages]) => [stream, new Map(messages)])),
    moved: new Map(moved),
    sent: new Map(sent),
  };
}

/** The server's time: whole milliseconds. */
export function timeOf(memory: Memory): number {
  return Math.floor(memory.clock.now());
}

/** The queue's stream; one that is missing is made with the groups that the queue declares, so that all get what follows. */
export function sharedStreamOf(memory: Memory, { stream: name, groups }: StoreQueue): Stream {
  const stream = streamOf(memory, name);
  const isFresh = stream.added === 0 && stream.groups.size === 0;
  if (isFresh) for (const group of groups) stream.createGroup(group, FIRST_ID);
  return stream;
}

/** A stream by its name, made where it is missing. */
export function streamOf(memory: Memory, name: string): Stream {
  const existing = memory.streams.get(name);
  if (existing !== undefined) return existing;
  const made = createStream(() => timeOf(memory));
  memory.streams.set(name, made);
  return made;
}

export function tablesOf(memory: Memory, stream: string, group: string): GroupTables {
  const name = `${stream}\0${group}`;
  const existing = memory.groups.get(name);
  if (existing !== undefined) return existing;
  const made: GroupTables = {
    parked: new Map(),
    due: new Map(),
    markers: { parked: false, due: false },
    keys: new Map(),
    ids: new Map(),
    crashes: new Map(),
    results: new Map(),
    starts: new Map(),
    passes: new Map(),
    paused: false,
    stats: new Map(),
    journal: [],
    kickedUntil: new Map(),
    state: {},
  };
  memory.groups.set(name, made);
  return made;
}

export function dropTables(memory: Memory, stream: string, group: string): void {
  memory.groups.delete(`${stream}\0${group}`);
}

/** A stream's delayed messages. */
export function delayedOf(memory: Memory, stream: string): Map<string, Delayed> {
  const existing = memory.delayed.get(stream);
  if (existing !== undefined) return existing;
  const made = new Map<string, Delayed>();
  memory.delayed.set(stream, made);
  return made;
}

/** A queue's dead letters: a stream like any other. */
export function deadLettersOf(
  memory: Memory,
  queue: Pick<StoreQueue, "stream" | "group" | "deadLetterStream">,
): Stream {
  const { stream, group, deadLetterStream } = queue;
  return streamOf(memory, deadLetterStream ?? `${stream}:${group}:dead`);
}

/** Parked messages in the order in which they are handed out. */
export function byDueTime(parked: GroupTables["parked"]): Parked[] {
  const order = (a: Parked, b: Parked) =>
    a.due - b.due ||
    Number(a.crashed) - Number(b.crashed) ||
    a.deliveries - b.deliveries ||
    (a.id < b.id ? -1 : 1);
  return [...parked.values()].sort(order);
}
