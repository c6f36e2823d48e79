// The port between the queue and whatever keeps its messages. It speaks the protocol's words, and
// one conformance suite holds every implementation to them. docs/design.md tells the protocol.

import type { SliceReply, SliceRequest } from "./list-slice.ts";
import type { QueueStats } from "./statistics.ts";
import type { Bill, Orphans, PartReply, TurnPart, TurnReply, TurnRequest } from "./turn.ts";

/** Where time, chance and waiting come from, so that a test can bring its own. */
export interface Clock {
  /** Milliseconds since 1970 by the local clock; only differences of it are used. */
  now(): number;
  /** A number from 0 up to 1. */
  random(): number;
  /** Resolves after `ms` milliseconds, or at once when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** What a store has to know of a queue: its names and the part of its policy that Redis enforces. */
export interface StoreQueue {
  readonly stream: string;
  readonly group: string;
  /** Where dead letters go; the store's own name for it where the queue names none. */
  readonly deadLetterStream: string | undefined;
  readonly deadLetterRetention: Retention | undefined;
  /** Behind which id a group that never existed starts; `0` is before the first entry, `$` the last. */
  readonly start: string;
  readonly leaseMs: number;
  /** Least time between two sweeps for expired leases, in milliseconds. */
  readonly gateMs: number;
  readonly maxDeliveries: number;
  /** What happens to a message whose pass died: tried again, or a dead letter at once. */
  readonly onCrash: "retry" | "dead";
  /** Whether other groups read the stream, so that entries are trimmed and never deleted. */
  readonly shared: boolean;
  /** The groups that have to do every entry; empty where nobody said which those are. */
  readonly groups: readonly string[];
  /** How long completed entries stay; undefined removes them on completion. */
  readonly retention: Retention | undefined;
  /** The entry's field that holds its idempotency key. */
  readonly keyField: string;
  /** The entry's field that counts how often other programs have tried it; undefined: there is none. */
  readonly retryCountField: string | undefined;
  readonly windowMs: number;
  /** A message whose key another one has is not stored. */
  readonly deduplicate: boolean;
  readonly keepResults: boolean;
  /** Sends store nothing that would make more wait than this; undefined: any number may. */
  readonly maxBacklog: Partial<Backlog> | undefined;
  /** Only the newest so many entries stay, worked on or not; undefined: none is dropped. */
  readonly keepNewest: KeepNewest | undefined;
  /** Most messages that all passes work on at once. */
  readonly maxInFlight: number | undefined;
  /** Most passes that work at the same time. */
  readonly maxPasses: number | undefined;
  /** Most messages that all passes begin in a length of time. */
  readonly rateLimit: { readonly limit: number; readonly perMs: number } | undefined;
  /** Passes write down what they did. */
  readonly statistics: boolean;
}

/** What waits, is worked on, or is delayed. */
export interface Backlog {
  readonly messages: number;
  /** Of the stream, as the server tells its memory. */
  readonly bytes: number;
}

export interface KeepNewest {
  readonly count: number;
  /** To the entry; otherwise whole nodes of a stream go, about a hundred entries each. */
  readonly exact: boolean;
}

/** What is kept: entries younger than an age, or the newest so many. */
export type Retention = { readonly maxAgeMs: number } | { readonly maxCount: number };

/** How long and how often a store may try one call. */
export interface CallLimits {
  /** No attempt starts after this time of the store's clock. */
  readonly deadline?: number | undefined;
  /** Asked before each request, and counts it; on false the call gives up. */
  readonly mayRequest?: (() => boolean) | undefined;
}

export interface SendRequest {
  /** Names the request, so that sending it again stores nothing twice. */
  readonly requestId: string;
  /** For each message its fields, names and values alternating. */
  readonly entries: readonly (readonly string[])[];
  /** A kick is wanted for what is stored, at most one in so many milliseconds; undefined: none is. */
  readonly kickMs?: number | undefined;
  /** For each message when it is due; undefined where all go into the stream at once. */
  readonly due?: readonly Due[] | undefined;
}

/** When a message is due, by the store's clock: in so many milliseconds, or at a time since 1970. */
export type Due = { readonly inMs: number } | { readonly at: number };

export interface SendReply {
  /** Ids of the stored messages, in order; of a delayed one the id that it keeps. */
  readonly ids: readonly string[];
  /** Places of those that were not stored, since an earlier message has their key: theirs is its id. */
  readonly duplicates: readonly number[];
  /** What waited before, where the queue limits it; how much of that was asked for. */
  readonly backlog: Partial<Backlog> | undefined;
  /** The caller is the one to kick. */
  readonly kick: boolean;
  /** Nothing was stored: more would wait than may. */
  readonly full: boolean;
  /** An earlier request of the same call got no answer, and may still be carried out. */
  readonly unanswered: boolean;
  /** Why the rest was not stored; undefined when all were. */
  readonly error: Error | undefined;
  readonly bill: Bill;
}

/** An entry of a stream: names and values alternate. */
export interface StreamEntry {
  readonly id: string;
  readonly fields: readonly string[];
}

/** How much is where. Plain reads: on a replica they may be behind. */
export interface Depth {
  /** Entries in the stream, completed ones that are kept included. */
  readonly entries: number;
  /** Handed out and not settled. */
  readonly inFlight: number;
  readonly parked: number;
  /** Sent, and not due yet. */
  readonly delayed: number;
  readonly dead: number;
  /** Dropped by `keepNewest` so far. */
  readonly dropped: number;
}

/** The record of a message's work, where results are kept. */
export interface ResultRecord {
  readonly result: string;
}

export interface Store extends Clock {
  send(queue: StoreQueue, request: SendRequest, limits: CallLimits): Promise<SendReply>;
  /** Lets the group read again what is behind an id. */
  replay(queue: StoreQueue, position: string, limits: CallLimits): Promise<void>;
  /** Forgets that keys of entries behind an id are done; returns where to go on, undefined at the end. */
  forgetDone(queue: StoreQueue, position: string, limits: CallLimits): Promise<string | undefined>;
  /** Ends the queue's group, with all that is kept for it; says whether there was one. */
  retire(queue: StoreQueue, limits: CallLimits): Promise<boolean>;
  /** From now on turns claim nothing, or claim again. */
  setPaused(queue: StoreQueue, paused: boolean, limits: CallLimits): Promise<void>;
  /** Says whether the caller is the first to kick for a pass of this depth in so many milliseconds. */
  takeKick(
    queue: StoreQueue,
    kick: { readonly depth: number; readonly ms: number },
    limits: CallLimits,
  ): Promise<boolean>;
  /** Takes a delayed message back; says whether it still waited. */
  cancel(queue: StoreQueue, id: string, limits: CallLimits): Promise<boolean>;
  turn(queue: StoreQueue, request: TurnRequest, limits: CallLimits): Promise<TurnReply>;
  /** Turns over several queues in one step, each claiming what those before it have left. */
  turns(parts: readonly TurnPart[], limits: CallLimits): Promise<readonly PartReply[]>;
  /** Removes completed entries below every group's unprocessed work; returns how many. */
  trim(queue: StoreQueue, groups: readonly string[], limits: CallLimits): Promise<Trimmed>;
  /** Brings back what the loss of a key hid, and looks for orphans; call until `cursor` is undefined. */
  repair(queue: StoreQueue, request: RepairRequest, limits: CallLimits): Promise<Repaired>;
  /** Entries of the stream of dead letters, whoever wrote them; the oldest first. */
  readDeadLetters(
    queue: StoreQueue,
    page: { readonly after: string | undefined; readonly count: number },
    limits: CallLimits,
  ): Promise<readonly StreamEntry[]>;
  /** Moves dead letters back to the stream; returns each new id, or undefined where it was gone. */
  redrive(
    queue: StoreQueue,
    ids: readonly string[],
    limits: CallLimits,
  ): Promise<readonly (string | undefined)[]>;
  /** Removes dead letters for good; returns how many there were. */
  removeDeadLetters(queue: StoreQueue, ids: readonly string[], limits: CallLimits): Promise<number>;
  result(queue: StoreQueue, name: string, limits: CallLimits): Promise<ResultRecord | undefined>;
  depth(queue: StoreQueue, limits: CallLimits): Promise<Depth>;
  /** A queue at a glance, by plain reads in one round trip. */
  stats(queue: StoreQueue, limits: CallLimits): Promise<QueueStats>;
  /**
   * Carries out commands that only read, in one round trip, and answers each by itself: for views of
   * what is in Redis. Nothing decides by it. A store that is not over Redis does without.
   */
  read?(commands: readonly (readonly string[])[], limits: CallLimits): Promise<readonly Answer[]>;
  /**
   * Moves the oldest items of lists into the stream, and shows the ones behind them. Stores over Redis
   * do without: `xdrain/import-list` brings the script, so that no other bundle carries it.
   */
  importSlice?(queue: StoreQueue, request: SliceRequest, limits: CallLimits): Promise<SliceReply>;
}

/** What the server answered: a reply, or an error of its own (then the command did nothing more). */
export type Answer =
  | { readonly ok: true; readonly reply: unknown }
  | { readonly ok: false; readonly message: string };

export interface Trimmed {
  readonly removed: number;
  /** A slice was removed, and more may go. */
  readonly more: boolean;
  /** The group that lost its parked set, or where nothing proves what is done: a repair looks. */
  readonly orphansIn: string | undefined;
  readonly bill: Bill;
}

export interface RepairRequest {
  /** Where to go on; undefined at first. */
  readonly cursor: string | undefined;
  /** Which orphans, in order of their ids; undefined: from the first, to the last. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** What becomes of orphans; undefined: they are counted. */
  readonly decide: "run" | "discard" | undefined;
  /** What a survey found, which makes the passes after this one look again only where it changes. */
  readonly seen: string;
  /** What the calls before found. */
  readonly orphans: Orphans | undefined;
}

export interface Repaired {
  readonly restored: number;
  readonly orphans: Orphans | undefined;
  readonly cursor: string | undefined;
}

export type {
  Amount,
  Bill,
  ClaimedEntry,
  Completion,
  DeadReason,
  Delivery,
  Journal,
  Orphans,
  Outcomes,
  PartReply,
  SurveyFindings,
  TurnPart,
  TurnReply,
  TurnRequest,
  Waiting,
} from "./turn.ts";
