/** Numbers from 0 up to 1, the same for the same seed. */
export type Random = () => number;

/** A small generator (mulberry32); `stream` tells apart those that share a seed. */
export function seeded(seed: number, stream = ""): Random {
  let state = seed >>> 0;
  for (const char of stream) state = Math.imul(state ^ char.charCodeAt(0), 0x01000193) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from `least` to `most`, both included. */
export function between(random: Random, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1));
}

export function oneOf<T>(random: Random, choices: readonly [T, ...T[]]): T {
  return choices[Math.floor(random() * choices.length)] ?? choices[0];
}

/** How long until the next of something that happens at random, every `meanMs` on average. */
export function untilNext(random: Random, meanMs: number): number {
  return Math.round(-Math.log(1 - random()) * meanMs);
}
