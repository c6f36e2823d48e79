/** Everything that a long run has to have seen, or it has proved little. */
export const FAULTS = [
  "crash",
  "pause past the lease",
  "request dropped",
  "response dropped",
  "late copy",
  "duplicate tick",
  "server restart",
  "script flush",
  "out of memory",
  "clock jump",
  "group lost",
  "failover",
  "pause",
  "parked set lost",
  "records lost",
  "other group gone",
  "helper gone",
  "repair by hand",
] as const;

export const OUTCOMES = [
  "complete",
  "retry",
  "dead",
  "duplicate",
  "release",
  "reclaim",
  "replay",
  "fenced",
  "promote",
  "cancel",
  "refused",
  "step over several",
  "passed over",
  "repaired",
  "discarded",
] as const;

/** What happens once in a world at most, or in few worlds: a tenth as often is enough. */
export const RARE: readonly string[] = [
  "parked set lost",
  "records lost",
  "other group gone",
  "helper gone",
  "discarded",
];

export type Counted = (typeof FAULTS)[number] | (typeof OUTCOMES)[number];

/** How often each kind of fault and outcome came about. */
export interface Counters {
  readonly counts: Readonly<Record<Counted, number>>;
  /** Steps: calls of the store, starts and ends of handlers, faults. */
  readonly steps: number;
  count(what: Counted, times?: number): void;
  step(): void;
}

export function createCounters(): Counters {
  const counts = Object.fromEntries([...FAULTS, ...OUTCOMES].map((name) => [name, 0])) as Record<
    Counted,
    number
  >;
  let steps = 0;
  return {
    counts,
    get steps() {
      return steps;
    },
    count(what, times = 1) {
      counts[what] += times;
      if ((FAULTS as readonly string[]).includes(what)) steps += times;
    },
    step() {
      steps += 1;
    },
  };
}
