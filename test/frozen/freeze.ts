// `node test/frozen/freeze.ts RELEASE > test/frozen/RELEASE.json`: stores what this release leaves in Redis in
// every state, once. A fixture is never written again: all later releases must drain it.

import { Redis } from "ioredis";
import { findRedisServer, startRedis } from "../../scripts/local-redis.ts";
import { drain, type Queue, Reject, Retry } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { letTimePass } from "../support/time-travel.ts";
import { type Fixture, type FrozenQueues, frozenQueues } from "./queues.ts";

const server = await startRedis(findRedisServer({ install: true }));
const redis = new Redis(server.url, { protocol: 2 });
const queues = frozenQueues(ioredis({ url: server.url }));

/** Resolves once a pass holds so many messages, and leaves it there. */
function hold(queue: Queue<string>, count: number): Promise<void> {
  return new Promise((held) => {
    let running = 0;
    const never = () => {
      running += 1;
      if (running === count) held();
      return new Promise(() => {});
    };
    void drain(queue, never, { concurrency: count, maxMessages: count, maxDuration: "1 h" });
  });
}

async function fill({
  plain,
  deduplicated,
  kept,
  audit,
  limited,
}: FrozenQueues): Promise<string[]> {
  await plain.send("done", { idempotencyKey: "k-done" });
  await plain.send("rejected");
  await plain.send("parked for an hour");
  await plain.send("parked for a second");
  await drain(plain, ({ payload }) => {
    if (payload === "rejected") throw new Reject("no good");
    if (payload === "parked for an hour") throw new Error("not yet");
    if (payload === "parked for a second") throw new Retry("1 s");
  });
  for (let n = 1; n <= 12; n += 1) await plain.send(`suspect ${n}`, { idempotencyKey: `k-${n}` });
  await hold(plain, 12);
  await letTimePass(redis, "frozen:plain", 61_000);
  await hold(plain, 10); // ten of the dead pass's are in hand again, two wait as suspects
  await plain.send("in flight", { idempotencyKey: "k-flight" });
  await hold(plain, 1);
  await plain.send("delayed for a minute", { delay: "1 m" });
  await plain.send("delayed for a month", { delay: "30 d", idempotencyKey: "k-month" });
  const traceparent = `00-${"1".repeat(32)}-${"2".repeat(16)}-01`;
  await plain.sendBatch([
    { payload: "ready" },
    { payload: "ready, traced", trace: { traceparent } },
  ]);
  await redis.xadd("frozen:plain", "*", "item", "of another producer");

  await deduplicated.send("finished", { idempotencyKey: "k-finished" });
  await drain(deduplicated, () => {});
  await deduplicated.send("waiting", { idempotencyKey: "k-waiting" });
  await deduplicated.send("later", { idempotencyKey: "k-later", delay: "1 h" });

  await drain(kept, () => {});
  await drain(audit, () => {});
  const ids = [(await kept.send("one")).id, (await kept.send("two")).id];
  await drain(kept, ({ payload }) => ({ answer: payload }));
  await kept.send("while paused");
  await kept.pause();

  await limited.sendBatch(["a", "b", "c"].map((payload) => ({ payload, wake: true })));
  await hold(limited, 2);
  return ids;
}

const results = await fill(queues);
const [seconds = "0", micros = "0"] = (await redis.time()).map(String);
const names = (await redis.keys("*")).sort();
const keys = await Promise.all(
  names.map(async (key) => ({
    key,
    ttl: await redis.pttl(key),
    value: (await redis.dumpBuffer(key)).toString("base64"),
  })),
);
const frozenAt = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
const fixture: Fixture = { release: process.argv[2] ?? "", frozenAt, keys, results };
process.stdout.write(`${JSON.stringify(fixture, undefined, 1)}\n`);
redis.disconnect();
await server.stop();
process.exit(0);
