import type { StoreError } from "./errors.ts";

/**
 * Why a pass ended: nothing was left to do, its time or one of its limits was used up, its signal
 * was aborted, the queue is paused, a limit over all passes is reached, or the store failed.
 */
export type Stopped =
  | "empty"
  | "paused"
  | "limited"
  | "deadline"
  | "messages"
  | "requests"
  | "aborted"
  | "store";

/** What one pass did. All numbers are of messages, unless they say something else. */
export interface DrainReport {
  readonly queue: string;
  readonly stopped: Stopped;
  /** More may be waiting right now: another pass would find it. */
  readonly more: boolean;
  /** When the first message that waits for its retry is due; undefined where none is known. */
  readonly nextDueAt: Date | undefined;
  /** Handed to this pass, those included that it gave back. */
  readonly claimed: number;
  readonly completed: number;
  /** Parked for another try. */
  readonly retried: number;
  /** Moved to the dead-letter queue. */
  readonly dead: number;
  /** Completed without running: their idempotency key was done inside the window. */
  readonly duplicates: number;
  /** Parked because another message with their key was being worked on. */
  readonly deferred: number;
  /** Given back without being started; it costs them no delivery. */
  readonly released: number;
  /** Not this pass's any more when it wanted to settle or renew them: another pass has them. */
  readonly lost: number;
  /** Worked on, but no answer says whether the outcome was stored; they may come again. */
  readonly uncertain: number;
  /** Expired leases that this pass found; a message that waits long to be run again counts again. */
  readonly reclaimed: number;
  /** Claimed by a request whose response was lost, and received again. */
  readonly replayed: number;
  /** Pending or parked messages whose payload somebody else trimmed or deleted. */
  readonly lostPayloads: number;
  /** Unread messages that somebody else trimmed: at least so many. */
  readonly trimmedUnread: number;
  /** Completed entries that were removed late, by a trim. */
  readonly trimmed: number;
  /** Messages brought back whose retry times had been lost (an eviction, a mistaken DEL). */
  readonly repaired: number;
  /** Other consumer groups of the stream; with any, entries are trimmed and never deleted. */
  readonly otherGroups: readonly string[];
  /** Times that it looked again after a pause, since it lingers. */
  readonly polls: number;
  /** It has asked for the next pass, since it left a backlog. */
  readonly continued: boolean;
  /** True where the server refused to hand out more to one consumer. */
  readonly pendingLimit: boolean;
  readonly turns: number;
  readonly requests: number;
  /** Redis commands, those inside of scripts included. */
  readonly commands: number;
  readonly elapsedMs: number;
  /** The first ten failures of handlers. */
  readonly errors: readonly HandlerFailure[];
  /** Why the store failed, where it did. */
  readonly error: StoreError | undefined;
}

/** A failure of the handler: the error's own text, never the payload. */
export interface HandlerFailure {
  readonly id: string;
  readonly outcome: "retry" | "dead" | "release";
  readonly error: string;
}

type Counter =
  | "claimed"
  | "completed"
  | "retried"
  | "dead"
  | "duplicates"
  | "deferred"
  | "released"
  | "lost"
  | "uncertain"
  | "reclaimed"
  | "replayed"
  | "lostPayloads"
  | "trimmedUnread"
  | "trimmed"
  | "repaired"
  | "polls"
  | "turns"
  | "requests"
  | "commands";

/** A report that is being written. */
export type Tally = Record<Counter, number> & {
  nextDueAt: number | undefined;
  otherGroups: readonly string[];
  pendingLimit: boolean;
  errors: HandlerFailure[];
  error: StoreError | undefined;
};

export function createTally(): Tally {
  return {
    claimed: 0,
    completed: 0,
    retried: 0,
    dead: 0,
    duplicates: 0,
    deferred: 0,
    released: 0,
    lost: 0,
    uncertain: 0,
    reclaimed: 0,
    replayed: 0,
    lostPayloads: 0,
    trimmedUnread: 0,
    trimmed: 0,
    repaired: 0,
    polls: 0,
    turns: 0,
    requests: 0,
    commands: 0,
    nextDueAt: undefined,
    otherGroups: [],
    pendingLimit: false,
    errors: [],
    error: undefined,
  };
}

export function writeReport(
  tally: Tally,
  ending: {
    readonly queue: string;
    readonly stopped: Stopped;
    readonly more: boolean;
    readonly continued: boolean;
    readonly elapsedMs: number;
  },
): DrainReport {
  const nextDueAt = tally.nextDueAt === undefined ? undefined : new Date(tally.nextDueAt);
  return { ...ending, ...tally, nextDueAt };
}
