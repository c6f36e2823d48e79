import { randomBytes } from "node:crypto";
import { handleDelivery } from "../functions/inbox/handle.ts";
import { type InboxDelivery, inboxOptions, inboxQueue } from "../functions/inbox/queue.ts";
import type { Handler, Message, Queue } from "../src/index.ts";
import { upstash } from "../src/redis/upstash.ts";
import type { Cleanup } from "./cleanup.ts";
import { type Plan, planDeliveries } from "./deliveries.ts";
import { startHttp } from "./http-runtime.ts";
import { look } from "./look.ts";
import type { RedisChoice } from "./options.ts";
import { showProgress } from "./progress.ts";
import { type DemoRedis, openRedis } from "./redis.ts";
import { addUp } from "./reports.ts";
import type { FunctionEnv } from "./runtime.ts";
import { sendAll } from "./send.ts";
import { mismatches, type Outcome, sumsOf } from "./sums.ts";
import { describeKeys, describeMismatches, describeWork } from "./table.ts";
import { startTicking } from "./tick.ts";
import { prepareTools } from "./tools.ts";
import { startWorker } from "./worker-runtime.ts";

/** How long the work may take, from the first webhook on. */
const LIMIT_MS = { fast: 60_000, slow: 150_000 };

/** Runs the demo and tells whether its sums are right. */
export async function runDemo(choice: RedisChoice, cleanup: Cleanup): Promise<boolean> {
  const startedAt = Date.now();
  const redis = await openRedis(choice, cleanup);
  const secret = randomBytes(20).toString("hex");
  const plan = await planDeliveries(secret);
  const env = environment(redis, plan);
  console.log(`A webhook inbox on ${redis.what}.`);
  cleanup.add(() => redis.rest.removeKeysWith(env.INBOX_STREAM));

  const tools = prepareTools(cleanup);
  const http = await startHttp(env, secret, tools, cleanup);
  const runtimes = [http, await startWorker(env, tools, cleanup)];
  console.log(`Sending ${plan.requests.length} webhooks: GitHub's examples of ${plan.events} events,
some of them twice, forged or broken, ${(plan.bytes / 1e6).toFixed(1)} MB in all.`);

  const store = upstash({ url: redis.url, token: redis.token });
  const queue = inboxQueue(store, inboxOptions(env));
  const progress = showProgress(process.stdout, () => describe());
  cleanup.add(() => progress.stop());
  let sent = 0;
  let sending = true;
  const ticking = startTicking(runtimes, {
    deadline: Date.now() + (redis.slow ? LIMIT_MS.slow : LIMIT_MS.fast),
    settled: async () => !sending && (await isSettled(queue)),
  });
  const describe = () => {
    const all = addUp([...ticking.done.values()]);
    const shares = [...ticking.done].map(([{ short }, { completed }]) => `${short} ${completed}`);
    return `sent ${sent}/${plan.requests.length} · completed ${all.completed} (${shares.join(", ")}) · retried ${all.retried} · dead ${all.dead}`;
  };
  const answers = await sendAll(plan.requests, http.webhooks, () => {
    sent += 1;
  });
  sending = false;
  await ticking.finished;
  progress.stop();

  const outcome: Outcome = {
    plan,
    answers,
    passes: [...ticking.done.values()],
    found: await look(queue, redis.rest, plan.deliveries),
    maxFailures: queue.resolved.maxFailures,
    expectedResults: new Map(
      plan.deliveries.map((delivery) => [delivery.delivery, resultOf(delivery)]),
    ),
  };
  console.log(`\n${describeWork(outcome, ticking.done)}\n`);
  console.log(`${describeKeys(outcome.found.keys, outcome.found.consumers)}\n`);
  const wrong = mismatches(outcome);
  const seconds = Math.round((Date.now() - startedAt) / 1_000);
  console.log(
    describeMismatches(wrong) ??
      `All ${sumsOf(outcome).length} sums are right, after ${seconds} s. Nothing was lost, nothing ran twice.`,
  );
  return wrong.length === 0;
}

function environment(redis: DemoRedis, plan: Plan): FunctionEnv {
  return {
    UPSTASH_REDIS_REST_URL: redis.url,
    UPSTASH_REDIS_REST_TOKEN: redis.token,
    INBOX_STREAM: `xdrain-demo-${randomBytes(6).toString("hex")}`,
    INBOX_LEASE: redis.slow ? "10 s" : "3 s",
    INBOX_BACKOFF: "200 ms",
    INBOX_FAULTS: plan.faultsText,
    INBOX_RESULTS: "keep",
  };
}

async function isSettled(queue: Queue<InboxDelivery>): Promise<boolean> {
  const { entries, inFlight, parked } = await queue.depth();
  return entries + inFlight + parked === 0;
}

/** What the handler says to a delivery; it needs nothing but the payload. */
function resultOf(payload: InboxDelivery): unknown {
  const message = { payload } as Message<InboxDelivery>;
  return (
    handleDelivery as (message: Message<InboxDelivery>) => ReturnType<Handler<InboxDelivery>>
  )(message);
}
