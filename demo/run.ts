import { randomBytes } from "node:crypto";
import { type InboxDelivery, inboxOptions, inboxQueue } from "../functions/inbox/queue.ts";
import type { Queue } from "../src/index.ts";
import { upstash } from "../src/redis/upstash.ts";
import type { Cleanup } from "./cleanup.ts";
import { countOf, expectedResults, planDeliveries } from "./deliveries.ts";
import { look } from "./look.ts";
import type { RedisChoice } from "./options.ts";
import { showProgress } from "./progress.ts";
import { openRedis } from "./redis.ts";
import { sendAll } from "./send.ts";
import { type Functions, functionEnv, startFunctions } from "./start.ts";
import { mismatches, type Outcome, sumsOf } from "./sums.ts";
import { describeKeys, describeMismatches, describeWork, progressLine } from "./table.ts";
import { startTicking } from "./tick.ts";

/** How long the work may take, from the first webhook on. */
const LIMIT_MS = { fast: 60_000, slow: 150_000 };

/** Runs the demo, prints what it did, and tells whether its sums are right. */
export async function runDemo(choice: RedisChoice, cleanup: Cleanup): Promise<boolean> {
  const redis = await openRedis(choice, cleanup);
  const secret = randomBytes(20).toString("hex");
  const plan = await planDeliveries(secret);
  const env = functionEnv(redis, plan);
  console.log(`A webhook inbox on ${redis.what}.\n`);
  console.log("Starting three functions that know nothing of each other:");
  const functions = await startFunctions(redis, env, secret, cleanup, ({ name, what }) => {
    console.log(`  ${name.padEnd(10)}${what}`);
  });
  console.log(
    `\nSending ${plan.requests.length} webhooks: GitHub's ${plan.deliveries.length} examples of ${
      plan.events
    } events,\n${countOf(plan, "again")} of them twice, and ${
      countOf(plan, "forged") + countOf(plan, "malformed")
    } that are forged or broken. Meanwhile each function\nmakes short passes, as a schedule would start them.\n`,
  );

  const startedAt = Date.now();
  const queue = inboxQueue(upstash({ url: redis.url, token: redis.token }), inboxOptions(env));
  const worked = await work(functions, queue, plan, {
    deadline: startedAt + (redis.slow ? LIMIT_MS.slow : LIMIT_MS.fast),
    cleanup,
  });
  const seconds = ((Date.now() - startedAt) / 1_000).toFixed(1);
  const outcome: Outcome = {
    plan,
    answers: worked.answers,
    passes: [...worked.done.values()],
    found: await look(queue, redis.rest, plan.deliveries),
    maxFailures: queue.resolved.maxFailures,
    expectedResults: expectedResults(plan),
  };
  console.log(`${describeWork(outcome, worked.done)}\n`);
  console.log(`${describeKeys(outcome.found.keys, outcome.found.consumers)}\n`);
  const wrong = mismatches(outcome);
  console.log(
    describeMismatches(wrong) ??
      `  All ${sumsOf(outcome).length} sums are right: nothing was lost, nothing was done twice (${seconds} s).`,
  );
  return wrong.length === 0;
}

/** Sends everything while the functions drain; ends when nothing waits any more. */
async function work(
  functions: Functions,
  queue: Queue<InboxDelivery>,
  plan: Outcome["plan"],
  { deadline, cleanup }: { readonly deadline: number; readonly cleanup: Cleanup },
) {
  let sent = 0;
  let sending = true;
  const ticking = startTicking(functions.runtimes, {
    deadline,
    settled: async () => !sending && (await isEmpty(queue)),
  });
  const progress = showProgress(process.stdout, () =>
    progressLine({ sent, of: plan.requests.length }, ticking.done),
  );
  cleanup.add(() => progress.stop());
  const answers = await Promise.race([
    sendAll(plan.requests, functions.webhooks, () => {
      sent += 1;
    }),
    // A function that dies ends the demo at once, and not when all sending has failed.
    ticking.finished.then((): never => {
      throw new Error("The time was over before all webhooks were sent.");
    }),
  ]);
  sending = false;
  await ticking.finished;
  progress.stop();
  return { answers, done: ticking.done };
}

async function isEmpty(queue: Queue<InboxDelivery>): Promise<boolean> {
  const { entries, inFlight, parked } = await queue.depth();
  return entries + inFlight + parked === 0;
}
