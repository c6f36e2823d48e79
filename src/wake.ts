import { type Duration, milliseconds } from "./duration.ts";
import { callback, onlyKnown, refuseKind } from "./expect.ts";
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
  /**
   * How long nobody else kicks for this depth: sends of that time rely on the pass, which looks once more
   * when it is over. At most 10 s. @default the one of the `wake` of whoever drains, else nobody does
   */
  readonly debounce?: Duration;
  readonly signal?: AbortSignal;
}

/** How a queue asks for a pass at once, instead of at the next tick. */
export interface WakeOptions {
  readonly kick: Kick;
  /** Many sends in so short a time make one kick: at most 10 s. @default 1 s */
  readonly debounce?: Duration;
  /** Told of a kick that failed: the messages wait for the next tick. What it throws is ignored. */
  readonly onError?: (error: unknown) => unknown;
}

export interface ResolvedWake {
  readonly debounceMs: number;
  /**
   * Never rejects, and is over by `until`; without a debounce of its own the request carries this one's.
   *
   * @returns whether somebody took the request.
   */
  kick(request: KickRequest, clock: Clock, until: number): Promise<boolean>;
}

/** Longer than any kick of ours takes. */
const KICK_MS = 5_000;

/** @throws OptionError for options that cannot be used. */
export function resolveWake(given: WakeOptions | undefined): ResolvedWake | undefined {
  if (given === undefined) return undefined;
  onlyKnown("`wake`", given, ["kick", "debounce", "onError"]);
  const { kick, debounce = "1 s", onError } = given;
  if (typeof kick !== "function")
    refuseKind("wake.kick", "a function, such as httpKick makes", kick);
  callback(onError, "wake.onError");
  const ownMs = debounceMs("wake.debounce", debounce, 1);
  return {
    debounceMs: ownMs,
    async kick(request, clock, until) {
      const timer = new AbortController();
      const given = new AbortController();
      const time = Math.max(0, Math.min(KICK_MS, until - clock.now()));
      try {
        const asked = kick({ debounce: ownMs, ...request, signal: given.signal });
        const made = Promise.resolve(asked).then(() => true);
        // What was asked for may be out: the kick says so when it is called off, before any timer.
        for (const ms of [time, 0]) {
          if ((await Promise.race([made, clock.sleep(ms, timer.signal)])) === true) return true;
          given.abort();
        }
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

/** A debounce in milliseconds: shorter than passes are, since one has to last as long. @throws OptionError */
export function debounceMs(option: string, given: Duration, min: number): number {
  return milliseconds(option, given, { min, max: 10_000 });
}

/** Calls a function of the user's whose failures, also later ones, change nothing. */
export function tell<Told>(listener: ((told: Told) => unknown) | undefined, told: Told): void {
  try {
    void Promise.resolve(listener?.(told)).catch(() => {});
  } catch {
    // Ignored, as its option says.
  }
}
