import { quantile } from "../statistics.ts";

/** How long messages waited, from before their send to their handler, in milliseconds. */
export interface Waits {
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
}

export function waitsOf(waited: readonly number[]): Waits {
  return { p50: quantile(waited, 0.5), p99: quantile(waited, 0.99), worst: Math.max(...waited) };
}

/** Chance inside of even steps: as many moments in each part of `lengthMs`, so quantiles are steady. */
export function spreadMoments(
  count: number,
  lengthMs: number,
  random: () => number = Math.random,
): readonly number[] {
  return Array.from({ length: count }, (_, i) => ((i + random()) * lengthMs) / count);
}

/** Until a moment of `performance.now()`. */
export const sleepUntil = (at: number) =>
  new Promise<void>((done) => setTimeout(done, Math.max(0, at - performance.now())));
