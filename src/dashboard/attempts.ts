import { integer } from "../expect.ts";

/** Counts sign-ins that failed or are being tried, so that nobody tries tokens by the thousand. */
export interface Attempts {
  /** How long to wait before the next try, in milliseconds; 0 where it may be made. */
  waitMs(now: number): number;
  /** A token is about to be tried: it counts as a failure until it turns out to be right. */
  begin(now: number): void;
  /** The one that began then was right. */
  succeeded(begunAt: number): void;
}

/**
 * At most so many failures in a length of time. Nothing tells callers apart that they could not forge, so
 * all count together: while somebody guesses, nobody signs in here, and those who are signed in stay so.
 *
 * @param limit How many failures.
 * @param perMs In how many milliseconds.
 * @throws OptionError for a limit that would let everybody or nobody try.
 */
export function limitAttempts(limit: number, perMs: number): Attempts {
  integer("limit", limit, { min: 1, max: 1_000, default: limit });
  integer("perMs", perMs, { min: 1_000, max: 24 * 3_600_000, default: perMs });
  let failures: readonly number[] = [];
  // A clock that went back must not lock everybody out for as long.
  const recent = (now: number) => failures.filter((at) => at > now - perMs && at <= now);
  return {
    waitMs(now) {
      const counted = recent(now);
      const oldest = counted.at(-limit);
      return oldest === undefined ? 0 : oldest + perMs - now;
    },
    begin(now) {
      failures = [...recent(now), now].slice(-limit);
    },
    succeeded(begunAt) {
      const place = failures.lastIndexOf(begunAt);
      if (place !== -1) failures = failures.toSpliced(place, 1);
    },
  };
}

/** One for the instance: an app may be made in every invocation. */
export const instanceAttempts = limitAttempts(10, 60_000);
