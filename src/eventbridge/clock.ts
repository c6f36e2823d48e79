import type { Clock } from "../store.ts";

/** The system's time and randomness; waits here are short, and no signal ends them. */
export const systemClock: Clock = {
  now: () => Date.now(),
  random: () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32,
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};
