import { randomBytes } from "node:crypto";
import type { Cleanup } from "./cleanup.ts";
import { expectedResults, planDeliveries } from "./deliveries.ts";
import { look } from "./look.ts";
import type { RedisChoice } from "./options.ts";
import { openProducer } from "./producer.ts";
import { openRedis } from "./redis.ts";
import { functionEnv, startFunctions } from "./start.ts";
import { mismatches, type Outcome, sumsOf } from "./sums.ts";
import {
  describeKeys,
  describeMismatches,
  describePlan,
  describeServing,
  describeWork,
} from "./table.ts";
import { showWork } from "./work.ts";

/** How long the work may take, from the first message on. */
const LIMIT_MS = { fast: 60_000, slow: 150_000 };

/** Runs the demo, prints what it did, and tells whether its sums are right. */
export async function runDemo(
  { run, serve }: { readonly run: RedisChoice; readonly serve: boolean },
  cleanup: Cleanup,
): Promise<boolean> {
  const redis = await openRedis(run, cleanup);
  const secret = randomBytes(20).toString("hex");
  const plan = await planDeliveries(secret);
  const env = functionEnv(redis, plan);
  console.log(`A webhook inbox on ${redis.what}.\n`);
  console.log("Starting three functions that know nothing of each other:");
  const functions = await startFunctions(redis, env, secret, cleanup, ({ name, what }) => {
    console.log(`  ${name.padEnd(10)}${what}`);
  });
  console.log(`\n${describePlan(plan)}\n`);

  const startedAt = Date.now();
  const inbox = openProducer(redis, env, functions.http.address);
  const deadline = startedAt + (redis.slow ? LIMIT_MS.slow : LIMIT_MS.fast);
  const work = await showWork({ functions, inbox, plan, rest: redis.rest, deadline, cleanup });
  const seconds = ((Date.now() - startedAt) / 1_000).toFixed(1);
  const { resolved } = inbox.ordinary;
  const outcome: Outcome = {
    ...work,
    plan,
    passes: [...work.done.values()],
    found: await look(inbox, redis.rest, [...plan.deliveries, plan.cancelled]),
    maxFailures: resolved.maxFailures,
    expectedResults: expectedResults(plan),
  };
  console.log(`${describeWork(outcome, work.done)}\n`);
  console.log(`${describeKeys(outcome.found.keys, outcome.found.consumers)}\n`);
  const wrong = mismatches(outcome);
  console.log(
    describeMismatches(wrong) ??
      `  All ${sumsOf(outcome).length} sums are right: nothing was lost, nothing was done twice (${seconds} s).`,
  );
  const { url, token } = functions.http.dashboard;
  console.log(`\n${describeServing(serve ? { url, token } : undefined)}`);
  if (serve) await stopped();
  return wrong.length === 0;
}

/** Until a signal ends the process, and with it everything that was started. */
function stopped(): Promise<never> {
  return new Promise(() => setInterval(() => {}, 60_000));
}
