// What a look at a queue tells. The counters are written by the turn that ends a pass; nothing decides
// by them.

import type { Throughput } from "./throughput.ts";

export type { Throughput } from "./throughput.ts";

/** Upper bounds of the histogram of handler times, in seconds; the last bucket has none. */
export const HANDLER_SECONDS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];
/** Upper bounds of the histogram of waiting times, in seconds; the last bucket has none. */
export const WAITING_SECONDS: readonly number[] = [
  0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 14_400, 86_400,
];

/** What becomes of messages, as passes and their statistics count it. */
export const OUTCOMES = [
  "completed",
  "retried",
  "dead",
  "duplicates",
  "deferred",
  "released",
  "lost",
  "uncertain",
  "reclaimed",
  "replayed",
  "lostPayloads",
  "trimmedUnread",
] as const;

/** What is counted over all passes since the queue's first one. */
export const TOTALS = [...OUTCOMES, "passes", "requests", "commands"] as const;
export type Totals = Readonly<Record<(typeof TOTALS)[number], number>>;

/** How often a time fell between two bounds. */
export interface Histogram {
  /** Upper bounds in seconds, ascending, each included in its bucket. */
  readonly bounds: readonly number[];
  /** How many fell into each bucket, not added up; the last one, beyond all bounds, included. */
  readonly counts: readonly number[];
  readonly sumMs: number;
}

/** A queue at a glance. Plain reads: on a replica they may be behind. */
export interface QueueStats {
  /** When it was looked at, by the server's clock. */
  readonly at: Date;
  /** Waiting to be handed out for the first time. */
  readonly ready: number;
  /** False where entries were deleted before they were read, so that `ready` is the most there can be. */
  readonly readyIsExact: boolean;
  /** Handed out and not settled, those of dead passes included. */
  readonly inFlight: number;
  /** Waiting for their retry time, or given back. */
  readonly parked: number;
  /** Sent, and not due yet. */
  readonly delayed: number;
  readonly dead: number;
  /** Entries in the stream, completed ones that are kept included. */
  readonly entries: number;
  /** Entries ever added to the stream, where the server counts them: two looks tell how many arrive. */
  readonly added: number | undefined;
  /** How long the oldest ready message has waited; undefined where none is ready. */
  readonly oldestReadyAgeMs: number | undefined;
  /** False where that is a bound: the oldest one is not older than this. */
  readonly oldestReadyAgeIsExact: boolean;
  /** Consumers of the group, the permanent one for suspects included. */
  readonly consumers: number;
  readonly lastMinute: Throughput;
  readonly lastHour: Throughput;
  /**
   * How long what is ready and in flight takes at the rate of the last minute (of the last hour, where
   * the last minute completed nothing), if no more arrived; undefined where nothing was completed.
   */
  readonly drainsInMs: number | undefined;
  /** Memory of the stream, as the server tells it; undefined where it does not. */
  readonly bytes: number | undefined;
  /** When a pass last ended; undefined where none did yet. */
  readonly lastPassAt: Date | undefined;
  readonly paused: boolean;
  readonly totals: Totals;
  /** How long handlers ran. */
  readonly handlerTime: Histogram;
  /** How long messages waited for their first delivery. */
  readonly waitingTime: Histogram;
}

/** What a store has read, for `describeStats`. */
export interface StatsReading {
  /** Milliseconds since 1970 by the server's clock. */
  readonly now: number;
  /** Undefined where the stream does not exist. */
  readonly stream: StreamReading | undefined;
  /** Undefined where the group does not exist. */
  readonly group: GroupReading | undefined;
  /** Behind which id a missing group would be made. */
  readonly start: string;
  readonly parked: number;
  readonly delayed: number;
  readonly dead: number;
  readonly bytes: number | undefined;
  /** The counters of the group; those that are missing are zero. */
  readonly counters: Counters;
}

export interface StreamReading {
  readonly length: number;
  readonly added: number | undefined;
  readonly firstId: string | undefined;
  readonly lastId: string | undefined;
}

export interface GroupReading {
  readonly pending: number;
  readonly consumers: number;
  readonly lastDelivered: string;
  readonly entriesRead: number | undefined;
  /** How many it has not read, where the server can tell. */
  readonly lag: number | undefined;
}

/** Counters by their names, as they are stored. */
export type Counters = ReadonlyMap<string, string | number>;
