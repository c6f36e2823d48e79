import { OptionError } from "../../errors.ts";
import type { Store } from "../../store.ts";
import { openBench, type Promised } from "./bench.ts";
import { type Ability, probe } from "./probes.ts";
import { claiming } from "./promises/claiming.ts";
import { keys } from "./promises/keys.ts";
import { leases } from "./promises/leases.ts";
import { removal } from "./promises/removal.ts";
import { sending } from "./promises/sending.ts";
import { settling } from "./promises/settling.ts";
import { openScratch } from "./scratch.ts";

/** The protocol's promises that can be held against any server, in the order in which they are told. */
export const PROMISES: readonly Promised[] = [
  ...sending,
  ...claiming,
  ...settling,
  ...leases,
  ...keys,
  ...removal,
];

export interface Verdict {
  readonly promise: string;
  readonly kept: boolean;
  /** What was found instead. */
  readonly found: string | undefined;
}

export interface Conformance {
  readonly abilities: readonly Ability[];
  readonly verdicts: readonly Verdict[];
  /** How long one request takes, in milliseconds. */
  readonly roundTripMs: number;
  /** It was ended before all promises were held. */
  readonly interrupted: boolean;
}

export interface ConformanceOptions {
  /** Ends it: what runs is finished and cleared away. */
  readonly signal?: AbortSignal;
  /** Told after each promise: how many are done, of how many. */
  readonly onProgress?: (done: number, all: number) => void;
  /** What to hold; all where nothing else is said. */
  readonly promises?: readonly Promised[];
}

const TOGETHER = 6;

/**
 * Holds the protocol's promises against a real server, each on a stream of its own with a name that
 * begins with `xdrain-doctor-`. All keys are removed again, also where something fails.
 * @throws OptionError where the store is not over Redis, StoreError where Redis does not answer.
 */
export async function runConformance(
  store: Store,
  options: ConformanceOptions = {},
): Promise<Conformance> {
  const { read } = store;
  if (typeof read !== "function") throw new OptionError("Expected a store that is over Redis.");
  const { signal, onProgress, promises = PROMISES } = options;
  const roundTripMs = await measure(store, read);
  const abilities = await onScratch(store, read, probe);
  const verdicts = new Map<Promised, Verdict>();
  const waiting = [...promises];

  async function work(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (signal?.aborted) return;
      verdicts.set(next, await hold(next, store, read as NonNullable<Store["read"]>, roundTripMs));
      onProgress?.(verdicts.size, promises.length);
    }
  }
  await Promise.all(Array.from({ length: TOGETHER }, work));

  return {
    abilities,
    verdicts: promises.flatMap((promise) => verdicts.get(promise) ?? []),
    roundTripMs,
    interrupted: verdicts.size < promises.length,
  };
}

const LEAST_LEASE_MS = 500;

async function hold(
  promise: Promised,
  store: Store,
  read: NonNullable<Store["read"]>,
  roundTripMs: number,
): Promise<Verdict> {
  const leaseMs = Math.max(LEAST_LEASE_MS, 10 * roundTripMs);
  try {
    await onScratch(store, read, (scratch) => promise.keep(openBench(scratch, leaseMs)));
    return { promise: promise.sentence, kept: true, found: undefined };
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    return { promise: promise.sentence, kept: false, found };
  }
}

async function onScratch<Result>(
  store: Store,
  read: NonNullable<Store["read"]>,
  work: (scratch: ReturnType<typeof openScratch>) => Promise<Result>,
): Promise<Result> {
  const scratch = openScratch(store, read);
  try {
    return await work(scratch);
  } finally {
    await scratch.close();
  }
}

/** The second request; the first one connects. */
async function measure(store: Store, read: NonNullable<Store["read"]>): Promise<number> {
  await read([["PING"]], {});
  const asked = store.now();
  await read([["PING"]], {});
  return store.now() - asked;
}
