import type { StoreError } from "./errors.ts";
import { OUTCOMES } from "./statistics.ts";
import type { Orphans } from "./turn.ts";

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

/** What one pass did to a queue. All numbers are of messages, unless they say something else. */
export interface QueueReport {
  readonly queue: string;
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
  /**
   * Not this pass's any more when it wanted to settle or renew them: another pass has them, or somebody has
   * deleted them before they could be tried again.
   */
  readonly lost: number;
  /** Worked on, but no answer says whether the outcome was stored; they may come again. */
  readonly uncertain: number;
  /** Expired leases that this pass found; a message that waits long to be run again counts again. */
  readonly reclaimed: number;
  /** Claimed by a request whose response was lost, and received again. */
  readonly replayed: number;
  /** Pending or parked messages whose payload somebody else trimmed or deleted: not what `keepNewest` drops. */
  readonly lostPayloads: number;
  /** Unread messages that somebody else trimmed, estimated from Redis' counters (docs/design.md says how). */
  readonly trimmedUnread: number;
  /** Completed entries that were removed late, by a trim. */
  readonly trimmed: number;
  /** Messages brought back whose retry times had been lost (an eviction, a mistaken DEL). */
  readonly repaired: number;
  /**
   * Entries of the stream that nothing proves to be done or to wait, as after `XACK`, `XGROUP SETID` or a loss of keys:
   * they neither run nor go until `repair({ orphans })` decides. undefined where there is none.
   */
  readonly orphans: Orphans | undefined;
  /** Other consumer groups of the stream; with any, entries are trimmed and never deleted. */
  readonly otherGroups: readonly string[];
  /** True where the server refused to hand out more to one consumer. */
  readonly pendingLimit: boolean;
  /** Redis commands, those inside of scripts included. */
  readonly commands: number;
  /** The first ten failures of handlers. */
  readonly errors: readonly HandlerFailure[];
}

/** What one pass did; of several queues, together. */
export interface DrainReport extends QueueReport {
  /** Its name; of several queues their names, with commas between. */
  readonly queue: string;
  /** Each queue by itself, in the order of their priority, where the pass drained several. */
  readonly queues: readonly QueueReport[] | undefined;
  readonly stopped: Stopped;
  /** More may be waiting right now: another pass would find it. */
  readonly more: boolean;
  /** Times that it looked again after a pause, since it lingers. */
  readonly polls: number;
  /** It has asked for the next pass, since it left a backlog. */
  readonly continued: boolean;
  readonly turns: number;
  readonly requests: number;
  readonly elapsedMs: number;
  /** Why the store failed, where it did. */
  readonly error: StoreError | undefined;
}

/** A failure of the handler: the error's own text, never the payload. */
export interface HandlerFailure {
  readonly id: string;
  readonly outcome: "retry" | "dead" | "release";
  readonly error: string;
}

const COUNTERS = ["claimed", ...OUTCOMES, "trimmed", "repaired", "commands"] as const;

/** A report on one queue that is being written. */
export type Tally = Record<(typeof COUNTERS)[number], number> & {
  readonly queue: string;
  nextDueAt: number | undefined;
  otherGroups: readonly string[];
  pendingLimit: boolean;
  orphans: Orphans | undefined;
  readonly errors: HandlerFailure[];
};

export function createTally(queue: string): Tally {
  return {
    queue,
    ...zeros(),
    nextDueAt: undefined,
    otherGroups: [],
    pendingLimit: false,
    orphans: undefined,
    errors: [],
  };
}

export function writeReport(
  tallies: readonly Tally[],
  ending: Omit<DrainReport, keyof QueueReport | "queues">,
): DrainReport {
  const reports = tallies.map(reportOf);
  const [only] = reports;
  return reports.length === 1 && only !== undefined
    ? { ...only, queues: undefined, ...ending }
    : { ...reportOf(together(tallies)), queues: reports, ...ending };
}

function reportOf(tally: Tally): QueueReport {
  const nextDueAt = tally.nextDueAt === undefined ? undefined : new Date(tally.nextDueAt);
  return { ...tally, nextDueAt };
}

function together(tallies: readonly Tally[]): Tally {
  const sum = zeros();
  for (const tally of tallies) for (const counter of COUNTERS) sum[counter] += tally[counter];
  const due = tallies.map(({ nextDueAt }) => nextDueAt).filter((time) => time !== undefined);
  return {
    queue: tallies.map(({ queue }) => queue).join(","),
    ...sum,
    nextDueAt: due.length === 0 ? undefined : Math.min(...due),
    otherGroups: [...new Set(tallies.flatMap(({ otherGroups }) => otherGroups))],
    pendingLimit: tallies.some(({ pendingLimit }) => pendingLimit),
    orphans: sumOf(tallies.flatMap(({ orphans }) => orphans ?? [])),
    errors: tallies.flatMap(({ errors }) => errors).slice(0, 10),
  };
}

function sumOf(orphans: readonly Orphans[]): Orphans | undefined {
  const [first] = orphans;
  return first && { ...first, count: orphans.reduce((sum, { count }) => sum + count, 0) };
}

function zeros(): Record<(typeof COUNTERS)[number], number> {
  return Object.fromEntries(COUNTERS.map((counter) => [counter, 0])) as Record<
    (typeof COUNTERS)[number],
    number
  >;
}
