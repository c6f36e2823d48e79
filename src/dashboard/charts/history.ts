import type { PassRecord } from "../../inspect/index.ts";
import type { Viewed } from "../options.ts";

/** What the passes of one minute did. */
export interface Minute {
  /** When it began, in milliseconds since 1970. */
  readonly at: number;
  readonly completed: number;
  readonly failed: number;
  readonly passes: number;
  /** Mean time in milliseconds that messages had waited when they were handed out first. */
  readonly waitMs: number | undefined;
  /** What waited or was worked on when its last pass told of itself. */
  readonly backlog: number | undefined;
}

export interface History {
  /** Without gaps, the oldest first. */
  readonly minutes: readonly Minute[];
  /** False where the journal holds more passes of the hour than are read. */
  readonly isWhole: boolean;
}

const MINUTE_MS = 60_000;
const MINUTES = 60;
const MOST_PASSES = 500;

/** The last hour by the minute, from the journal of passes: at most 500 of them, about 100 KB. */
export async function readHistory({ view }: Viewed, at: Date): Promise<History> {
  const first = (Math.floor(at.getTime() / MINUTE_MS) - MINUTES + 1) * MINUTE_MS;
  const { items, next } = await view.journal({ since: new Date(first), count: MOST_PASSES });
  return { minutes: byMinute(items, first), isWhole: next === undefined };
}

/** Sums up passes, the newest first, by the minute in which they ended. */
export function byMinute(passes: readonly PassRecord[], first: number): readonly Minute[] {
  const buckets: PassRecord[][] = Array.from({ length: MINUTES }, () => []);
  for (const pass of passes) {
    buckets[Math.floor((pass.at.getTime() - first) / MINUTE_MS)]?.push(pass);
  }
  return buckets.map((bucket, i) => ({ at: first + i * MINUTE_MS, ...sumUp(bucket) }));
}

function sumUp(passes: readonly PassRecord[]): Omit<Minute, "at"> {
  const sum = (of: (pass: PassRecord) => number) =>
    passes.reduce((total, pass) => total + of(pass), 0);
  const waited = sum(({ waited }) => waited);
  return {
    completed: sum(({ completed }) => completed),
    failed: sum(({ retried, dead }) => retried + dead),
    passes: passes.length,
    waitMs: waited === 0 ? undefined : sum(({ waitedMs }) => waitedMs) / waited,
    backlog: passes[0]?.backlog,
  };
}
