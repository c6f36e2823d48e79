import type { ResolvedDrain } from "./drain-options.ts";
import type { StoreError } from "./errors.ts";
import type { Handler } from "./message.ts";
import type { Meter } from "./meter.ts";
import type { Seen } from "./outlook.ts";
import type { ResolvedQueue } from "./queue-options.ts";
import type { Stopped, Tally } from "./report.ts";
import type { CallLimits, Store } from "./store.ts";

/** What a pass knows of one of its queues, and has done to it so far. */
export interface PassQueue {
  readonly queue: ResolvedQueue;
  readonly tally: Tally;
  readonly meter: Meter;
  /** What the latest survey of any lane found. */
  seen: Seen | undefined;
}

/** What the lanes of a pass share: its limits, and what it has done so far. */
export interface Pass {
  /** The token of its first lane. */
  id: string;
  /** In the order of their priority. */
  readonly queues: readonly PassQueue[];
  readonly store: Store;
  readonly options: ResolvedDrain;
  readonly handler: Handler<unknown>;
  /** What the lanes have used up together. */
  readonly spent: { turns: number; requests: number; polls: number };
  /** Handlers that run now, in all lanes. */
  running: number;
  /** Messages that may still be claimed; lanes take their part before they ask. */
  claimsLeft: number;
  /** Mean time of a handler so far, in milliseconds. */
  meanHandlerMs: number;
  /** Set when the store failed: no lane goes on. */
  failed: boolean;
  /** Why it failed. */
  error: StoreError | undefined;
  /** Lanes that run now; no more of them than the options allow. */
  open: number;
  /** The latest turn gave back the pass's place where passes are limited. */
  hasLeft: boolean;
  /** Starts another lane. */
  openLane: () => void;
  /** Called by lanes when a slot becomes free or the pass has to stop. */
  readonly wakers: Set<() => void>;
}

/** The shortest turn over each store, of the latest pass. */
const roundTrips = new WeakMap<Store, number>();

export const roundTripMs = ({ store }: Pass): number => roundTrips.get(store) ?? 0;

/** A turn took so long. */
export function noteRoundTrip(pass: Pass, ms: number): void {
  roundTrips.set(pass.store, Math.min(ms, (pass.spent.turns > 0 && roundTripMs(pass)) || ms));
}

/** A turn behind the last handlers takes so long, with some to spare. */
const settleMs = (pass: Pass) => 1.5 * roundTripMs(pass);

/**
 * When handlers have to be over, so that there is time to settle: a tenth, at most half a second, a whole
 * one where the pass may ask for the next; more where the store is far, but at most half of the time.
 */
export function workUntil(pass: Pass): number {
  const { startedAt, deadline, continuation } = pass.options;
  const most = continuation.depth < continuation.maxDepth ? 1_000 : 500;
  const time = Math.max(0, deadline - startedAt);
  return deadline - Math.max(Math.min(most, time / 10), Math.min(settleMs(pass), time / 2));
}

/** Why the pass has to stop at once; undefined while it may work. */
export function mustStop(pass: Pass): Stopped | undefined {
  if (pass.options.signal?.aborted === true) return "aborted";
  if (pass.failed) return "store";
  if (pass.store.now() >= workUntil(pass)) return "deadline";
  return undefined;
}

/** Why the pass claims no more, though it works on what it has; undefined while it may claim. */
export function claimsNoMore(pass: Pass): Stopped | undefined {
  if (pass.claimsLeft <= 0) return "messages";
  // Beyond another turn each lane needs a request to settle, and one in case that gets no answer.
  if (requestsLeft(pass) <= 2 * pass.open) return "requests";
  if (!fitsBeforeDeadline(pass, true)) return "deadline";
  return undefined;
}

/** Whether a handler of the usual length would be done in time, behind a turn that claims or not. */
export function fitsBeforeDeadline(pass: Pass, claims = false): boolean {
  const turnMs = claims ? roundTripMs(pass) : 0;
  return pass.store.now() + turnMs + pass.meanHandlerMs < workUntil(pass);
}

/** Of a store that it knows nothing of, a short pass looks how far it is before it claims. */
export function mustLook({ store, options }: Pass): boolean {
  return !roundTrips.has(store) && options.deadline - store.now() < 1_000;
}

export function requestsLeft(pass: Pass): number {
  return pass.options.maxRequests - pass.spent.requests;
}

/** Handlers that block the process can make a pass late; then its last turn still gets so long, or a round trip. */
const LATE_SETTLE_MS = 100;

/** How far one call of the store may go: one that does not end a lane leaves requests for that. */
export function callLimits(pass: Pass, settling: boolean): CallLimits {
  const reserve = settling ? 0 : pass.open;
  const now = pass.store.now();
  const late = settling && now >= pass.options.deadline;
  return {
    deadline: late ? now + Math.max(LATE_SETTLE_MS, settleMs(pass)) : pass.options.deadline,
    mayRequest() {
      if (requestsLeft(pass) <= reserve) return false;
      pass.spent.requests += 1;
      return true;
    },
  };
}

export function wakeAll(pass: Pass): void {
  for (const wake of pass.wakers) wake();
}
