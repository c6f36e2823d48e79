// A turn: settle what the pass has in hand, then claim more, in one atomic step. The files of this
// folder mirror the fragments of the script in src/redis/lua by name, and keep their order.

import type { ClaimedEntry, StoreQueue, TurnReply, TurnRequest, Waiting } from "../store.ts";
import type { ConsumerGroup } from "./consumer-group.ts";
import type { Survey } from "./group.ts";
import { entryId } from "./holders.ts";
import type { GroupTables, KeyRecord, Memory, Parked } from "./memory.ts";
import { parkWithRecord } from "./parked-set.ts";
import type { Stream } from "./stream.ts";

/** The permanent consumer that holds what dead passes left. */
export const SUSPECTS = "xd:suspects";
export const DAY_MS = 86_400_000;

/** What one turn works with, and what it is going to reply. */
export interface Turn {
  readonly memory: Memory;
  readonly tables: GroupTables;
  readonly stream: Stream;
  readonly group: ConsumerGroup;
  readonly queue: StoreQueue;
  readonly request: TurnRequest;
  /** Which attempt of the request this is, from 1. */
  readonly attempt: number;
  readonly now: number;
  survey: Survey | undefined;
  /** What this token owned at the start and has not settled: its delivery counts. */
  readonly delivery: Map<string, number>;
  /** What it owned at the start: how long ago it was handed out. */
  readonly idle: ReadonlyMap<string, number>;
  /** Ids that may have a record of crashes. */
  readonly crashed: Set<string>;
  /** Ids that the pass still holds. */
  readonly stillHeld: Set<string>;
  /** Records that somebody else has made for keys of ours. */
  readonly taken: Map<string, KeyRecord>;
  /** Most messages to claim: what was asked for, or less where a limit is reached. */
  claim: number;
  heldBack: TurnReply["heldBack"];
  readonly lease: number;
  /** The longest lease of any function, where a survey has looked. */
  longest?: number;
  keep: boolean;
  changes: Changes;
  kind: TurnReply["kind"];
  messages: ClaimedEntry[];
  readonly lost: string[];
  readonly uncertain: string[];
  readonly gone: string[];
  /** What waits for another message of its key. */
  readonly waiting: Waiting[];
  /** Keys of what is settled: whether it is done. */
  readonly ended: Map<string, boolean>;
  /** What is not owned: lost, or an outcome that was sent before. */
  readonly unsettled: {
    readonly id: string;
    readonly isLost: boolean;
    readonly parking: boolean;
  }[];
  /** Dead letters made of suspects. */
  dead: number;
  lostPayloads: number;
  duplicates: number;
  deferred: number;
  suspectsLeft: boolean;
  /** How many were taken out of the parked set. */
  unparked: number;
  nextDueAt: number | undefined;
}

/** What a turn does to the pending list and the tables beside the stream; `flush` applies it. */
export interface Changes {
  readonly acks: string[];
  readonly removals: string[];
  readonly parks: Parked[];
  readonly records: (KeyRecord & { readonly key: string })[];
  readonly frees: string[];
  /** Keys that messages hold from now on, and those that dead ones held. */
  readonly holds: { readonly key: string; readonly id: string }[];
  readonly drops: { readonly key: string; readonly id: string }[];
  readonly forgets: string[];
  readonly results: { readonly name: string; readonly result: string }[];
}

export function noChanges(): Changes {
  return {
    acks: [],
    removals: [],
    parks: [],
    records: [],
    frees: [],
    holds: [],
    drops: [],
    forgets: [],
    results: [],
  };
}

/** Out of the pending list until `due`, with the number of deliveries that count so far. */
export function park(turn: Turn, id: string, due: number, deliveries: number): void {
  const crashed = turn.crashed.has(id);
  turn.changes.parks.push({ id, due, crashed, deliveries: Math.max(0, Math.min(deliveries, 511)) });
  turn.changes.acks.push(id);
}

export function isNextDue(turn: Turn, time: number): void {
  turn.nextDueAt = Math.min(turn.nextDueAt ?? time, time);
}

/** Done with it for good. */
export function finish(turn: Turn, id: string): void {
  turn.changes.acks.push(id);
  if (!turn.keep) turn.changes.removals.push(id);
  if (turn.crashed.has(id)) turn.changes.forgets.push(id);
}

export function flush(turn: Turn): void {
  const { tables, group, stream, changes } = turn;
  for (const parked of changes.parks) parkWithRecord(tables, parked);
  // A renewal never shortens what is there: it may say done, whatever the clock made of our lease.
  for (const { key, expiresAt, done } of changes.records) {
    const shorter = (tables.keys.get(key)?.expiresAt ?? 0) > expiresAt;
    if (!shorter || turn.queue.windowMs < turn.lease) tables.keys.set(key, { expiresAt, done });
  }
  for (const { name, result } of changes.results) tables.results.set(name, result);
  // A record that says done is somebody else's, whatever the clock made of our lease.
  for (const key of changes.frees) {
    const record = tables.keys.get(key);
    if (record?.done === false && record.expiresAt >= 0) tables.keys.delete(key);
  }
  for (const { key, id } of changes.holds) {
    tables.keys.set(key, { expiresAt: -turn.now, done: false });
    tables.ids.set(key, id);
  }
  for (const { key, id } of changes.drops) {
    // Another message may have the key by now.
    const isHeld = (tables.keys.get(key)?.expiresAt ?? 0) < 0;
    if (!isHeld || entryId(tables.ids.get(key) ?? "") !== id) continue;
    tables.keys.delete(key);
    tables.ids.delete(key);
  }
  group.ack(changes.acks);
  stream.delete(changes.removals);
  for (const id of changes.forgets) tables.crashes.delete(id);
  turn.changes = noChanges();
}
