import type { Clock } from "../store.ts";

/** Timers take no more than 31 bits; a longer wait ends early, and whoever waits looks again. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The system's time, cryptographic randomness, and timers. Processes that were restored from one snapshot
 * may share the state of a generator: fractions of a microsecond tell them apart.
 */
export const systemClock: Clock = {
  now: () => Date.now(),
  random: () =>
    ((crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32 + performance.now()) % 1,
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const finish = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", finish);
        resolve();
      };
      const timer = setTimeout(finish, Math.min(ms, LONGEST_TIMER_MS));
      signal?.addEventListener("abort", finish, { once: true });
    }),
};
