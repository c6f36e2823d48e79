import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Redis } from "ioredis";
import type { Cleanup } from "../../demo/cleanup.ts";
import type { RedisBinary } from "../../scripts/local-redis.ts";
import { type Cast, startCast } from "./cast.ts";
import { check } from "./check.ts";
import { readDead } from "./dead.ts";
import { startFailover } from "./failover.ts";
import { type Killing, startKilling } from "./killing.ts";
import { readLedger } from "./ledger.ts";
import { findLeftovers } from "./leftovers.ts";
import type { ChaosOptions } from "./options.ts";
import { LEASE_MS, STREAM } from "./queue.ts";
import { oneOf, seeded } from "./random.ts";
import { startSingle } from "./single.ts";
import type { Topology } from "./topology.ts";

export interface Surroundings {
  readonly binary: RedisBinary;
  /** A temporary folder for everything. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly cleanup: Cleanup;
  /** Told what goes on, again and again. */
  readonly onProgress: (text: string) => void;
  /** Told at once of a child that ended by itself. */
  readonly onFailure: (text: string) => void;
}

/** How long the queue may get no shorter once the faults are over. */
const STANDSTILL_MS = 60_000;
/** Copies of requests arrive up to 3 s late; what they claim comes back when its lease is over. */
const AFTERMATH_MS = 3_000 + LEASE_MS + 3_000;
const LOOK_MS = 250;

/** One run: chaos while the producers send, then quiet until the queue is drained, then the sums. */
export async function runChaos(options: ChaosOptions, around: Surroundings) {
  const { cleanup, folder, env, onProgress } = around;
  const startedAt = Date.now();
  const failures: string[] = [];
  const start = options.failover ? startFailover : startSingle;
  const topology = await start(around.binary, folder, options.seed, cleanup);
  const places = { folder: join(folder, "ledger"), scratch: join(folder, "scratch"), env };
  mkdirSync(places.folder);
  mkdirSync(places.scratch);
  const onFailure = (text: string) => {
    failures.push(text);
    around.onFailure(text);
  };
  const cast = await startCast(topology, options, places, onFailure, cleanup);

  const killing = startKilling(victims(cast, topology, options), seeded(options.seed, "kills"));
  cleanup.add(() => killing.abandon());
  const showing = setInterval(() => {
    void describe(topology).then((text) => onProgress(`${text}; ${struckBy(killing)}`));
  }, 1_000);
  cleanup.add(() => clearInterval(showing));
  await Promise.all(cast.producers.map(({ finished }) => finished));
  const chaosMs = Date.now() - startedAt;

  await killing.stop();
  cast.calm();
  await topology.calm();
  const aftermath = Date.now() + AFTERMATH_MS;
  if (!(await drained(topology, aftermath)))
    failures.push(`The queue got no shorter for ${STANDSTILL_MS / 1_000} s.`);
  await Promise.all([...cast.functions, cast.worker].map((kept) => kept.stop(10_000)));
  clearInterval(showing);

  onProgress("adding up");
  const dead = await readDead(topology.inCharge());
  const leftovers = await findLeftovers(topology.inCharge(), STREAM);
  const ledger = await readLedger(places.folder);
  const { violations, ...findings } = check(ledger, dead, topology.windows);
  return {
    ...findings,
    leftovers: { keys: leftovers.keys, consumers: leftovers.consumers },
    runsBy: ledger.runsBy,
    passes: ledger.passes,
    kills: killing.kills,
    faults: { http: cast.struck(), tcp: topology.struck() },
    ...topology.describe(),
    seconds: {
      chaos: Math.round(chaosMs / 1_000),
      all: Math.round((Date.now() - startedAt) / 1_000),
    },
    violations: [
      ...failures,
      ...impossible(ledger.passes.totals, options.failover),
      ...leftovers.violations,
      ...violations,
    ],
  };
}

function victims(cast: Cast, topology: Topology, { seed }: ChaosOptions) {
  const random = seeded(seed, "victims");
  const [first, ...others] = cast.functions;
  const [producer, ...more] = cast.producers;
  if (first === undefined || producer === undefined) throw new Error("Nobody is there.");
  return [
    { name: "functions", everyMs: 2_000, kill: () => oneOf(random, [first, ...others]).kill() },
    { name: "producers", everyMs: 6_000, kill: () => oneOf(random, [producer, ...more]).kill() },
    { name: "workerd", everyMs: 20_000, kill: () => cast.worker.kill() },
    { name: "gateway", everyMs: 7_000, kill: () => cast.gateway.kill() },
    { name: "redis", everyMs: topology.killEveryMs, kill: () => topology.killRedis() },
  ];
}

/** Reports that count what nobody did here. */
function impossible(totals: Readonly<Record<string, number>>, hasFailovers: boolean): string[] {
  // A replica does not know what groups have read, so its counters look like a trim.
  const counted = hasFailovers ? [] : ["trimmedUnread"];
  return ["lostPayloads", "repaired", ...counted]
    .filter((name) => (totals[name] ?? 0) > 0)
    .map((name) => `the passes report ${totals[name]} ${name}`);
}

/** Waits until nothing is left to do, and late copies have had their time. */
async function drained(topology: Topology, notBefore: number): Promise<boolean> {
  let least = Number.POSITIVE_INFINITY;
  let limit = notBefore + STANDSTILL_MS;
  while (Date.now() < limit) {
    await new Promise((done) => setTimeout(done, LOOK_MS));
    const left = (await waiting(topology.inCharge())) ?? least;
    if (left === 0 && Date.now() >= notBefore) return true;
    if (left < least) limit = Math.max(notBefore, Date.now()) + STANDSTILL_MS;
    least = Math.min(least, left);
  }
  return false;
}

/** Everything that is not done: what is delayed, and all entries, as completed ones are removed. */
async function waiting(redis: Redis): Promise<number | undefined> {
  const delayed = `{${STREAM}}:xd:${STREAM}::delayed`;
  return Promise.all([redis.xlen(STREAM), redis.zcard(delayed)]).then(
    ([entries, due]) => entries + due,
    () => undefined,
  );
}

async function describe(topology: Topology): Promise<string> {
  const left = await waiting(topology.inCharge());
  return left === undefined ? "Redis is away" : `${left} in the queue`;
}

function struckBy({ kills }: Killing): string {
  const parts = Object.entries(kills).map(([name, count]) => `${name} ${count}`);
  return `killed: ${parts.join(", ")}`;
}
