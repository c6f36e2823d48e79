import { claimCosts } from "./costs/claim-flatness.ts";
import { memoryCosts } from "./costs/memory.ts";
import { scriptTimes } from "./costs/script-time.ts";
import { sendRates } from "./costs/send.ts";
import { type Environment, startEnvironment } from "./environment.ts";
import { alternate, type Contestant, ratesOf } from "./measure.ts";
import {
  bareLoop,
  bullmq,
  handWritten,
  rest,
  restFew,
  restLanes,
  sequential,
  tcp,
} from "./sides/all.ts";
import { fastestConcurrency } from "./sides/bullmq.ts";
import { median, medianRatio } from "./statistics.ts";
import { NOOP_WORK, type Work } from "./work.ts";

const PAIRS = 5;
const work = (messages: number, more: Partial<Work> = {}): Work => ({
  ...NOOP_WORK,
  messages,
  ...more,
});

/** The eleven figures that a change is steered by, in under a minute. */
export async function runQuick(): Promise<void> {
  const env = await startEnvironment();
  try {
    const figures = {
      ...(await ratiosAtRest(env)),
      ...(await ratiosAt20(env)),
      ...(await ratiosToBullmq(env)),
      sendVsPipeline: (await sendRates(env, 7, 20)).ratio,
      ...(await serverCosts(env)),
    };
    console.log(JSON.stringify(rounded(figures)));
  } finally {
    await env.close();
  }
}

async function ratiosAtRest(env: Environment) {
  const target = await env.targetAt(0);
  const [few, bare, one] = await compared(env, 7, [
    { side: restFew, target, work: work(10_000) },
    { side: bareLoop, target, work: work(5_000) },
    { side: rest, target, work: work(5_000) },
  ]);
  console.log(`with one lane: ${medianRatio(one, bare).toPrecision(3)} of the bare script loop`);
  return { restVsBare: medianRatio(few, bare) };
}

async function ratiosAt20(env: Environment) {
  const target = await env.targetAt(20);
  const [lanes, alone, byHand] = await compared(env, PAIRS, [
    { side: restLanes, target, work: work(16_000) },
    { side: sequential, target, work: work(2_000) },
    { side: handWritten, target, work: work(20) },
  ]);
  return {
    rest20VsHandWritten: medianRatio(lanes, byHand),
    rest20VsSequential: medianRatio(lanes, alone),
  };
}

async function ratiosToBullmq(env: Environment) {
  const near = await env.targetAt(0);
  const far = await env.targetAt(5);
  const nearBest = await fastestConcurrency(env.redis, near, work(2_000));
  const farBest = await fastestConcurrency(env.redis, far, work(2_000));
  const at = (concurrency: number) => work(4_000, { concurrency });
  const [tcpRates, nearBullmq] = await compared(env, PAIRS, [
    { side: tcp, target: near, work: at(nearBest) },
    { side: bullmq, target: near, work: at(nearBest) },
  ]);
  const [restRates, farBullmq] = await compared(env, PAIRS, [
    { side: restLanes, target: far, work: { ...at(farBest), messages: 16_000 } },
    { side: bullmq, target: far, work: at(farBest) },
  ]);
  return {
    tcpVsBullmq: medianRatio(tcpRates, nearBullmq),
    rest5VsBullmq5: medianRatio(restRates, farBullmq),
  };
}

async function serverCosts(env: Environment) {
  const script = await scriptTimes(env, PAIRS);
  console.log(`script time with idempotency keys: ${script.keyed.toFixed(2)} µs a message`);
  const claim = await claimCosts(env.redisUrl, {
    waiting: 1_000_000,
    inFlight: 100_000,
    claims: 30,
  });
  console.log(`claiming 100, µs: ${JSON.stringify(rounded({ ...claim }))}`);
  const memory = await memoryCosts(env.redisUrl);
  return {
    scriptMicrosPerMessage: script.plain,
    claimFlatness: claim.flatness,
    queuedMemoryRatio: memory.queuedRatio,
    drainedBytesLeft: memory.drainedBytesLeft,
    idempotencyRecordBytes: memory.recordBytes,
  };
}

/** Messages per second of each, pair by pair. */
async function compared(env: Environment, rounds: number, contestants: readonly Contestant[]) {
  const results = await alternate(env.redis, contestants, rounds);
  const rates = results.map(ratesOf);
  for (const [i, { side, target }] of contestants.entries()) {
    const rate = Math.round(median(rates[i] ?? [])).toLocaleString("en");
    console.log(`${target.latencyMs} ms  ${side.name.padEnd(34)}${rate.padStart(9)} msg/s`);
  }
  return rates as [number[], number[], number[]];
}

function rounded(figures: Record<string, number>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [name, Number(value.toPrecision(4))]),
  );
}
