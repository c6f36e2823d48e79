import { DAY_MS, type Duration, milliseconds, YEAR_MS } from "./duration.ts";
import {
  type Checks,
  callback,
  checked,
  flag,
  integer,
  onlyKnown,
  refuse,
  refuseKind,
} from "./expect.ts";
import type { ResolvedQueue } from "./queue-options.ts";
import { debounceMs } from "./wake.ts";

/** The bounds of one pass. */
export interface DrainOptions {
  /** How long the pass may take. @default 25 s */
  readonly maxDuration?: Duration;
  /** When the pass must be over; with `maxDuration`, the earlier of the two counts. */
  readonly deadline?: Date;
  /** Most messages to claim. @default no limit */
  readonly maxMessages?: number;
  /** Most requests to the store. @default no limit */
  readonly maxRequests?: number;
  /** Handlers that run at the same time. @default 10 */
  readonly concurrency?: number;
  /** Most messages that one turn claims. @default 100 */
  readonly batch?: number;
  /** Most payload bytes that one turn claims. @default 4 MB */
  readonly maxBytes?: number;
  /**
   * Most turns in flight at the same time, each with a batch of its own. A pass begins with one, and
   * opens others while its handlers wait for messages: an idle pass costs no more. @default 1
   */
  readonly lanes?: number;
  /**
   * Where several queues are drained: how often each comes first, as in `[6, 3, 1]`. @default strict
   * order: each takes what those before it leave, but one turn in ten begins with a later one
   */
  readonly weights?: readonly number[];
  /** Send the next turn while the last messages of a batch are worked on. @default true */
  readonly prefetch?: boolean;
  /**
   * Where the pass stops with more waiting, ask for the next one by the queue's `wake`, at most so many
   * passes in a row. @default none is asked for
   */
  readonly continuation?: { readonly maxDepth: number };
  /**
   * How many passes in a row have asked for the next one, 0 where a send has; the runtimes know it.
   * @default nobody has: it is a tick
   */
  readonly depth?: number;
  /**
   * How long others rely on the kick that asked for this pass, at most 10 s: it looks once more when that
   * is over. The runtimes know it. @default the one of the queue's `wake`, else not at all
   */
  readonly debounce?: Duration;
  /**
   * Poll with growing pauses for what comes, as long as there is time, instead of ending when nothing is
   * left: quicker, and each poll costs what an idle pass does. @default false
   */
  readonly linger?: boolean | LingerOptions;
  /** How long a handler may take for one message; then it failed. @default the pass's time */
  readonly handlerTimeout?: Duration;
  /**
   * Ends the pass early: what runs is aborted, and goes back with what waits, uncounted. If the signal is that
   * of a timer (`AbortSignal.timeout`), what runs has failed instead, as at the deadline.
   */
  readonly signal?: AbortSignal;
  /** Called for each failure of a handler, for a log; what it throws is ignored. */
  readonly onError?: (error: unknown, message: FailedMessage) => void;
}

/** Pauses between two polls: each twice as long as the one before. */
export interface LingerOptions {
  /** @default 200 ms */
  readonly pause?: Duration;
  /** @default 5 s */
  readonly maxPause?: Duration;
}

/** Which message failed, without its payload. */
export interface FailedMessage {
  /** Its queue's name. */
  readonly queue: string;
  readonly id: string;
  readonly deliveries: number;
  readonly outcome: "retry" | "dead" | "release";
}

export interface ResolvedDrain {
  /** By the store's clock. */
  readonly startedAt: number;
  readonly deadline: number;
  readonly maxMessages: number;
  readonly maxRequests: number;
  readonly concurrency: number;
  readonly batch: number;
  readonly maxBytes: number;
  readonly lanes: number;
  readonly weights: readonly number[] | undefined;
  readonly prefetch: boolean;
  readonly continuation: { readonly depth: number; readonly maxDepth: number };
  /** Until when others may rely on the kick that asked for this pass; 0 where nobody asked. */
  readonly kickedUntil: number;
  readonly linger: { readonly pauseMs: number; readonly maxPauseMs: number } | undefined;
  readonly handlerTimeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onError: DrainOptions["onError"];
}

const UNLIMITED = Number.MAX_SAFE_INTEGER;
const DEPTH = { min: 0, max: 1_000_000, default: 0 };

const CHECKS = {
  maxDuration: (given = "25 s", option) => milliseconds(option, given, { min: 10, max: YEAR_MS }),
  deadline(given, option) {
    const isTime = given instanceof Date && !Number.isNaN(given.getTime());
    return given === undefined || isTime ? given?.getTime() : refuse(option, "a Date", given);
  },
  maxMessages: (given, option) =>
    integer(option, given, { min: 1, max: UNLIMITED, default: UNLIMITED }),
  // The first turn may need its script's text too, and another settles.
  maxRequests: (given, option) =>
    integer(option, given, { min: 3, max: UNLIMITED, default: UNLIMITED }),
  concurrency: (given, option) => integer(option, given, { min: 1, max: 1_000, default: 10 }),
  batch: (given, option) => integer(option, given, { min: 1, max: 500, default: 100 }),
  maxBytes: (given, option) =>
    integer(option, given, { min: 1, max: 9_000_000, default: 4_000_000 }),
  lanes: (given, option) => integer(option, given, { min: 1, max: 16, default: 1 }),
  weights: (given) => given,
  prefetch: (given, option) => flag(option, given, true),
  continuation(given, option) {
    if (given === undefined) return 0;
    onlyKnown(`\`${option}\``, given, ["maxDepth"]);
    return integer(`${option}.maxDepth`, given.maxDepth, DEPTH);
  },
  depth: (given, option) => integer(option, given, DEPTH),
  debounce: (given, option) => (given === undefined ? given : debounceMs(option, given, 0)),
  linger: resolveLinger,
  handlerTimeout: (given, option) =>
    given === undefined ? given : milliseconds(option, given, { min: 1, max: DAY_MS }),
  signal(given, option) {
    if (given === undefined || typeof given?.addEventListener === "function") return given;
    return refuseKind(option, "an AbortSignal", given);
  },
  onError: (given, option) => callback(given, option),
} satisfies Checks<DrainOptions>;

/** Checks the queues and the options of a drain once. @throws OptionError */
export function resolveDrain(
  queues: readonly ResolvedQueue[],
  options: DrainOptions = {},
): ResolvedDrain {
  const [first] = queues;
  if (first === undefined) refuse("queues", "at least one queue", queues);
  checkTogether(queues);
  const resolved = checked("drain", options, CHECKS);
  const { maxDuration, deadline, batch, prefetch, depth, debounce, ...rest } = resolved;
  const { weights, continuation: maxDepth, handlerTimeout: handlerTimeoutMs, ...plain } = rest;
  if (options.continuation !== undefined && queues.every(({ wake }) => wake === undefined)) {
    refuse("continuation", "given only with a queue's `wake`", options.continuation);
  }
  const startedAt = first.store.now();
  const isBounded = options.maxDuration !== undefined || deadline === undefined;
  // What is in hand when the pass dies is dead then, so nothing waits in hand.
  const careful = queues.some(({ storeQueue }) => storeQueue.onCrash === "dead");
  const inHand = Math.max(1, Math.floor(plain.concurrency / plain.lanes));
  const ownDebounce = Math.max(...queues.map(({ wake }) => wake?.debounceMs ?? 0));
  return {
    ...plain,
    startedAt,
    deadline: Math.min(deadline ?? UNLIMITED, isBounded ? startedAt + maxDuration : UNLIMITED),
    batch: careful ? Math.min(batch, inHand) : batch,
    weights: resolveWeights(queues, weights),
    prefetch: prefetch && !careful,
    continuation: { depth, maxDepth },
    kickedUntil: options.depth === undefined ? 0 : startedAt + (debounce ?? ownDebounce),
    handlerTimeoutMs,
  };
}

/** Queues of one drain are claimed from in one step, so it has to be one store; each counts once. */
function checkTogether(queues: readonly ResolvedQueue[]): void {
  const streams = queues.map(({ storeQueue }) => storeQueue.stream);
  const twice = streams.find((stream, i) => streams.indexOf(stream) !== i);
  if (twice !== undefined) refuse("queues", "queues of different streams", twice);
  refuseCircles(queues);
  if (new Set(queues.map(({ store }) => store)).size > 1) {
    const names = queues.map(({ name }) => name);
    refuse("queues", "queues made with one store", names);
  }
}

/** Each dead letter of two such queues would be a message again, for ever. */
export function refuseCircles(queues: readonly ResolvedQueue[]): void {
  for (const { name, store, storeQueue } of queues) {
    const next = queues.find(
      (other) => other.store === store && other.storeQueue.stream === storeQueue.deadLetterStream,
    );
    if (next?.storeQueue.deadLetterStream === storeQueue.stream) {
      refuse("queues", "queues without each other's dead letters", name);
    }
  }
}

function resolveWeights(queues: readonly ResolvedQueue[], weights: DrainOptions["weights"]) {
  if (weights === undefined) return undefined;
  const fits = Array.isArray(weights) && weights.length === queues.length && queues.length > 1;
  if (!fits) refuse("weights", "a number for each of several queues", weights);
  const range = { min: 1, max: 1_000_000, default: 1 };
  return weights.map((weight: number, i) => integer(`weights[${i}]`, weight, range));
}

const PAUSE = { min: 1, max: 3_600_000 };

const LINGER = {
  pause: (given = 200, option) => milliseconds(option, given, PAUSE),
  maxPause: (given = "5 s", option) => milliseconds(option, given, PAUSE),
} satisfies Checks<LingerOptions>;

function resolveLinger(given: DrainOptions["linger"], option: string): ResolvedDrain["linger"] {
  if (given === undefined || given === false) return undefined;
  const options = given === true ? {} : given;
  const { pause, maxPause } = checked(`\`${option}\``, options, LINGER, `${option}.`);
  return { pauseMs: pause, maxPauseMs: Math.max(pause, maxPause) };
}
