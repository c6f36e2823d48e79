import { type Duration, milliseconds } from "./duration.ts";
import { onlyKnown, refuse } from "./expect.ts";
import type { Clock } from "./store.ts";

/**
 * Asks for a pass over a queue, now. It resolves once somebody has taken the request; the pass itself is
 * not waited for.
 */
export type Kick = (request: KickRequest) => Promise<void>;

export interface KickRequest {
  /** The queue's name, as the function that drains it knows it. */
  readonly queue: string;
  /** How many passes in a row have asked for the next one; 0 for a kick after a send. */
  readonly depth: number;
  readonly signal?: AbortSignal;
}

/** How a queue asks for a pass at once, instead of at the next tick. */
export interface WakeOptions {
  readonly kick: Kick;
  /** Many sends in so short a time make one kick. @default 1 s */
  readonly debounce?: Duration;
  /** Told of a kick that failed: the messages wait for the next tick. What it throws is ignored. */
  readonly onError?: (error: unknown) => unknown;
}

export interface ResolvedWake {
  readonly debounceMs: number;
  /** Never rejects, and is over by `until`. @returns whether somebody took the request. */
  kick(request: KickRequest, clock: Clock, until: number): Promise<boolean>;
}

/** Longer than any kick of ours takes. */
const KICK_MS = 5_000;

/** @throws OptionError for options that cannot be used. */
export function resolveWake(given: WakeOptions | undefined): ResolvedWake | undefined {
  if (given === undefined) return undefined;
  onlyKnown("`wake`", given, ["kick", "debounce", "onError"]);
  const { kick, debounce = "1 s", onError } = given;
  if (typeof kick !== "function") refuse("wake.kick", "a function, such as httpKick makes", kick);
  if (onError !== undefined && typeof onError !== "function") {
    refuse("wake.onError", "a function", onError);
  }
  return {
    debounceMs: milliseconds("wake.debounce", debounce, { min: 1, max: 3_600_000 }),
    async kick(request, clock, until) {
      const timer = new AbortController();
      const given = new AbortController();
      const late = clock.sleep(Math.max(0, Math.min(KICK_MS, until - clock.now())), timer.signal);
      try {
        const made = Promise.resolve(kick({ ...request, signal: given.signal })).then(() => true);
        const taken = await Promise.race([made, late]);
        if (taken === true) return true;
        given.abort();
        throw new Error("The kick took too long.");
      } catch (error) {
        tell(onError, error);
        return false;
      } finally {
        timer.abort();
      }
    },
  };
}

/** Calls a function of the user's whose failures, also later ones, change nothing. */
export function tell<Told>(listener: ((told: Told) => unknown) | undefined, told: Told): void {
  try {
    void Promise.resolve(listener?.(told)).catch(() => {});
  } catch {
    // Ignored, as its option says.
  }
}
