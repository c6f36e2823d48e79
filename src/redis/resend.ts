import { PackageError, StoreError } from "../errors.ts";
import type { CallLimits, Clock } from "../store.ts";
import { isPassing, noAnswer, serverError } from "./errors.ts";
import { asNumber } from "./reply.ts";
import type { Answer } from "./transport.ts";

// Every script can be sent again: it knows its request, or what its token owns. So a request that
// got no answer is repeated, a bounded number of times, each with a limit of server time.

/** The longest pause before a request is repeated, in milliseconds. */
export const MAX_PAUSE_MS = 5_000;

export interface ResendPolicy {
  /** How long one request may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Most requests that get no answer, the first included. */
  readonly attempts: number;
}

/** Which attempt of a call this is, and until when the server may carry it out. */
export interface Attempt {
  readonly number: number;
  /** Milliseconds by the server's clock; where that is not known yet the time by ours, negative. */
  readonly notAfter: number;
  /** Whether the script looks for bytes that are no text. */
  readonly check?: boolean;
  readonly signal: AbortSignal;
  /** To be called before each request. */
  readonly count: () => void;
}

export interface Resent {
  readonly reply: unknown;
  readonly requests: number;
  /** An earlier request got no answer, and may still be carried out. */
  readonly unanswered: boolean;
}

/** How far the server's clock is ahead of ours; learned from replies, a hint and no more. */
export interface ServerClock {
  offset: number | undefined;
}

export async function resend(
  context: {
    readonly clock: Clock;
    readonly policy: ResendPolicy;
    readonly serverClock: ServerClock;
  },
  ask: (attempt: Attempt) => Promise<Answer>,
  limits: CallLimits,
): Promise<Resent> {
  const { clock, policy, serverClock } = context;
  let requests = 0;
  let late = 0;
  let unanswered = false;
  // A process that was frozen meanwhile does not try again: the server may have forgotten the request.
  const latest = clock.now() + policy.attempts * (policy.timeoutMs + MAX_PAUSE_MS);
  for (let number = 1; ; ) {
    const timeout = attemptTimeout(policy, limits, clock);
    const { offset } = serverClock;
    const notAfter = Math.ceil(
      offset === undefined ? -clock.now() : clock.now() + offset + timeout.ms,
    );
    let failure: unknown;
    try {
      const count = () => {
        if (limits.mayRequest?.() === false) throw new RequestsUsedUp();
        requests += 1;
      };
      // Behind a late copy, the request itself may have been carried out.
      const { signal } = timeout;
      const answer = await ask({ number: number + late, notAfter, signal, count });
      if (answer.ok) {
        const { reply } = answer;
        if (!Array.isArray(reply) || reply[0] !== "late") return { reply, requests, unanswered };
        // The server's clock is not where we thought; nothing was done.
        serverClock.offset = asNumber(reply[1]) - clock.now();
        late += 1;
        if (late < Math.max(2, policy.attempts)) continue;
      } else if (!isPassing(answer.message)) {
        throw serverError(answer.message, requests, unanswered);
      }
      failure = answer.ok ? undefined : serverError(answer.message, requests, unanswered);
    } catch (error) {
      if (error instanceof StoreError || error instanceof PackageError) throw error;
      failure = error;
      unanswered ||= !(error instanceof RequestsUsedUp);
    } finally {
      timeout.clear();
    }
    const givesUp = number >= policy.attempts || failure instanceof RequestsUsedUp;
    if (givesUp) throw finalError(failure, requests, timeout.expired());
    const pause = Math.min(MAX_PAUSE_MS, 50 * 2 ** (number - 1) * (1 + clock.random()));
    if (limits.deadline !== undefined && clock.now() + pause >= limits.deadline) {
      throw finalError(failure, requests, timeout.expired());
    }
    await clock.sleep(pause);
    if (clock.now() > latest) throw finalError(failure, requests, timeout.expired());
    number += 1;
  }
}

class RequestsUsedUp extends Error {
  override readonly message = "The pass may make no more requests.";
}

function finalError(failure: unknown, requests: number, timedOut: boolean): StoreError {
  return failure instanceof StoreError ? failure : noAnswer(failure, requests, timedOut);
}

function attemptTimeout(policy: ResendPolicy, limits: CallLimits, clock: Clock) {
  const left = limits.deadline === undefined ? policy.timeoutMs : limits.deadline - clock.now();
  const ms = Math.max(1, Math.min(policy.timeoutMs, left));
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error(`No answer within ${ms} ms`)), ms);
  return {
    ms,
    signal: controller.signal,
    expired: () => controller.signal.aborted,
    clear: () => clearTimeout(timer),
  };
}
