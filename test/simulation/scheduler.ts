import type { Clock } from "../../src/store.ts";
import { virtualClock } from "../../src/testing.ts";

/** A function that runs somewhere: it can die, or sleep through its lease. */
export interface Process {
  readonly name: string;
  alive: boolean;
  /** Nothing of it happens before this time. */
  frozenUntil: number;
}

interface Event {
  readonly at: number;
  /** Whose event it is; what is on its way through the network is nobody's. */
  readonly process: Process | undefined;
  readonly run: () => void | Promise<void>;
}

/** Virtual time, seeded chance, and the order in which things happen. */
export interface Scheduler {
  now(): number;
  random(): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** A whole number from 0 to `below - 1`. */
  integer(below: number): number;
  pick<Value>(values: readonly Value[]): Value;
  schedule(afterMs: number, process: Process | undefined, run: Event["run"]): Event;
  cancel(event: Event): void;
  /** Resolves when the process gets there, or never. */
  wait(process: Process, ms: number): Promise<void>;
  clockOf(process: Process): Clock;
  /** Lets the next thing happen, chosen among all that are due; false when nothing is left. */
  step(): Promise<boolean>;
}

/** When every world begins, in milliseconds since 1970. */
export const START_MS = 1_700_000_000_000;

export function createScheduler(seed: number): Scheduler {
  const { random } = virtualClock({ seed });
  let now = START_MS;
  let events: Event[] = [];

  const integer = (below: number) => Math.floor(random() * below);

  function schedule(afterMs: number, process: Process | undefined, run: Event["run"]): Event {
    const event = { at: now + Math.max(0, afterMs), process, run };
    events.push(event);
    return event;
  }

  function cancel(event: Event): void {
    const position = events.indexOf(event);
    if (position !== -1) events.splice(position, 1);
  }

  /** When it can happen: not while its process sleeps, never once that is dead. */
  function timeOf({ at, process }: Event): number {
    return process === undefined ? at : Math.max(at, process.frozenUntil);
  }

  function takeNext(): Event | undefined {
    events = events.filter(({ process }) => process === undefined || process.alive);
    let first = Number.POSITIVE_INFINITY;
    for (const event of events) first = Math.min(first, timeOf(event));
    if (events.length === 0) return undefined;
    now = Math.max(now, first);
    const due = events.filter((event) => timeOf(event) <= now);
    const chosen = due[integer(due.length)];
    if (chosen !== undefined) cancel(chosen);
    return chosen;
  }

  return {
    now: () => now,
    random,
    chance: (probability) => random() < probability,
    integer,
    pick: (values) => values[integer(values.length)] as (typeof values)[number],
    schedule,
    cancel,
    wait: (process, ms) => new Promise((resolve) => schedule(ms, process, resolve)),

    clockOf: (process) => ({
      now: () => now,
      random,
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          if (signal?.aborted === true) return resolve();
          const event = schedule(ms, process, () => {
            signal?.removeEventListener("abort", stop);
            resolve();
          });
          const stop = () => {
            cancel(event);
            resolve();
          };
          signal?.addEventListener("abort", stop, { once: true });
        }),
    }),

    async step() {
      // When the loop comes round, everything has happened that waits for nothing.
      await new Promise((done) => setImmediate(done));
      const event = takeNext();
      await event?.run();
      return event !== undefined;
    },
  };
}
