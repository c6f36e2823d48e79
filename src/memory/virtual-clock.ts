import type { Clock } from "../store.ts";

/** A clock that stands still until the test moves it. */
export interface VirtualClock extends Clock {
  /** Moves time on; sleeps that are over then end, the earliest first. */
  advance(ms: number): void;
  /** When the next sleep ends; undefined when nobody sleeps. */
  nextWake(): number | undefined;
}

/**
 * @example
 * const clock = virtualClock();
 * const store = memoryStore({ clock });
 * clock.advance(60_000); // leases have run out
 */
export function virtualClock(
  options: { readonly now?: number; readonly seed?: number } = {},
): VirtualClock {
  let now = options.now ?? 1_700_000_000_000;
  let seed = options.seed ?? 1;
  let sleepers: { readonly until: number; readonly wake: () => void }[] = [];

  return {
    now: () => now,

    // Mulberry32: small, and the same numbers for the same seed.
    random() {
      seed = (seed + 0x6d2b79f5) | 0;
      let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },

    sleep(ms, signal) {
      return new Promise((resolve) => {
        if (signal?.aborted === true || ms <= 0) return resolve();
        const wake = () => {
          sleepers = sleepers.filter((other) => other !== sleeper);
          signal?.removeEventListener("abort", wake);
          resolve();
        };
        const sleeper = { until: now + ms, wake };
        sleepers.push(sleeper);
        signal?.addEventListener("abort", wake);
      });
    },

    advance(ms) {
      now += ms;
      const over = sleepers.filter(({ until }) => until <= now);
      for (const { wake } of over.sort((a, b) => a.until - b.until)) wake();
    },

    nextWake: () =>
      sleepers.length === 0 ? undefined : Math.min(...sleepers.map(({ until }) => until)),
  };
}
