import type { DrainOptions, QueueOptions } from "../../src/index.ts";
import { MOST_FAILURES } from "./invariants.ts";
import type { Scheduler } from "./scheduler.ts";

export const LEASE_MS = 20_000;

/** What one queue of a world is like. */
export interface QueueClimate {
  readonly options: Omit<QueueOptions, "name" | "store">;
  /** Another group reads the same stream; it may end while others work. */
  readonly audited: boolean;
  /** A consumer of another make works in the queue's own group; it may leave. */
  readonly helped: boolean;
  /** Entries in the stream before the group's start, which may not be handed out. */
  readonly history: number;
  readonly startsAt: "$" | "id" | "time";
  /** Redis loses keys. */
  readonly losesKeys: boolean;
  readonly messages: number;
  readonly keyed: number;
  readonly distinctKeys: number;
  /** How likely a message is delayed. */
  readonly delayed: number;
  readonly groupLost: boolean;
}

const LEASES_MS = [5_000, LEASE_MS, 60_000, 90_000] as const;

/** What the functions of several deployments say of one queue; which one it is, their names tell. */
export function optionsIn(deployment: string): Partial<QueueOptions> {
  const number = Number(/\d+/.exec(deployment)?.[0] ?? 0);
  return {
    visibilityTimeout: LEASES_MS[number % LEASES_MS.length] ?? LEASE_MS,
    deduplicate: number % 3 === 0,
    keepResults: number % 5 === 0,
    onCrash: number % 7 === 0 ? "dead" : "retry",
  };
}

/** What a world is like; drawn from its seed. */
export interface Climate {
  /** One, or two in the order of their priority. */
  readonly queues: readonly QueueClimate[];
  readonly pass: DrainOptions;
  /** Of a pass over both. */
  readonly weights: { readonly weights?: readonly number[] };
  readonly loss: number;
  /** Disasters beside crashes, restarts and losses. */
  readonly failovers: boolean;
  readonly jumps: boolean;
}

export function drawClimate(scheduler: Scheduler): Climate {
  const { chance, integer, pick } = scheduler;
  const disaster = integer(7);
  const first = drawQueue(scheduler, disaster < 2);
  const isShared = chance(1 / 3);
  const second = chance(0.3) ? first : drawQueue(scheduler, disaster < 2);
  return {
    queues: isShared ? [first, second].map(halfAsMany) : [first],
    weights: chance(0.3) ? { weights: [1 + integer(9), 1 + integer(9)] } : {},
    pass: {
      batch: 3 + integer(20),
      concurrency: 1 + integer(10),
      lanes: 1 + integer(3),
      prefetch: chance(0.8),
      maxDuration: 5_000 + integer(40_000),
      ...(chance(0.2) ? { maxMessages: 10 + integer(30) } : {}),
      ...(chance(0.2) ? { maxRequests: 4 + integer(12) } : {}),
    },
    loss: pick([0.02, 0.05, 0.1]),
    failovers: disaster === 2,
    jumps: disaster === 3,
  };
}

function halfAsMany(queue: QueueClimate): QueueClimate {
  return { ...queue, messages: Math.ceil(queue.messages / 2) };
}

function drawQueue({ chance, integer, pick }: Scheduler, mayLoseGroup: boolean): QueueClimate {
  const audited = chance(0.15);
  const kept = audited || chance(0.1);
  const deduplicate = chance(0.3);
  const bounded = chance(0.15);
  return {
    options: {
      visibilityTimeout: LEASE_MS,
      maxFailures: 2 + integer(MOST_FAILURES - 1),
      maxDeliveries: 3 + integer(5),
      backoff: { initial: "1 s", max: "20 s" },
      onCrash: chance(0.05) ? "dead" : "retry",
      shared: audited && chance(0.5),
      ...(kept && !audited ? { retention: { age: "1 m" } } : {}),
      keepResults: chance(0.1),
      deduplicate,
      ...(chance(0.15) ? { maxInFlight: 5 + integer(20) } : {}),
      ...(chance(0.15) ? { maxPasses: 1 + integer(3) } : {}),
      ...(chance(0.15)
        ? { rateLimit: { limit: 5 + integer(20), per: 1_000 + integer(9_000) } }
        : {}),
      ...(bounded ? { maxBacklog: { messages: 20 + integer(60) } } : {}),
    },
    audited,
    // It knows no keys, so that a message that it has done would keep its own.
    helped: !kept && !deduplicate && chance(0.35),
    // Redis cannot count what a group that began behind entries has not read.
    history: mayLoseGroup || bounded ? 0 : pick([0, 0, 0, 1 + integer(30)]),
    startsAt: pick(["$", "id", "time"]),
    losesKeys: chance(0.6),
    messages: 60 + integer(90),
    keyed: pick([0, 0, 0.5, 1]),
    distinctKeys: 5 + integer(60),
    delayed: pick([0, 0, 0.2, 0.6]),
    groupLost: mayLoseGroup && !kept,
  };
}
