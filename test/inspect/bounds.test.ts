import type { Redis } from "ioredis";
import { expect, onTestFinished } from "vitest";
import { createQueue, drain, type Queue, Reject } from "../../src/index.ts";
import { type Inspection, inspect } from "../../src/inspect/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { groupKeys } from "../../src/redis/keys.ts";
import { commandCount } from "../support/command-stats.ts";
import { counted } from "../support/counted-reads.ts";
import { connectRaw, privateRedis, serverTest } from "../support/redis.ts";

const PAYLOAD = "x".repeat(200);

/** A queue with so many messages in each state, so many dead letters and passes in its journal. */
async function fill(redis: Redis, queue: Queue<unknown>, count: number): Promise<void> {
  const { stream, parked, journal, dead } = groupKeys(queue.resolved.storeQueue);
  const tomorrow = new Date(Date.now() + 86_400_000);
  const numbers = Array.from({ length: count }, (_, n) => n);
  await queue.sendBatch(numbers.map(() => ({ payload: PAYLOAD, deliverAt: tomorrow })));
  await queue.sendBatch([...numbers, ...numbers, ...numbers].map(() => ({ payload: PAYLOAD })));
  await redis.xgroup("CREATE", stream, "xdrain", "0");
  const read = ["GROUP", "xdrain", "xd:a", "COUNT", 2 * count, "STREAMS", stream, ">"];
  const [[, entries]] = (await redis.call("XREADGROUP", ...read)) as [[string, [string][]]];
  const pipeline = redis.pipeline();
  for (const [n, [id]] of entries.slice(count).entries()) {
    pipeline.zadd(parked, (Date.now() + n) * 1024 + 1, id);
    pipeline.xack(stream, "xdrain", id);
    pipeline.xadd(journal, "*", "stopped", "empty", "ms", n, "completed", 100, "passes", 1);
    const story = ["failed_at", "1", "reason", "rejected", "error", "no", "deliveries", "1"];
    pipeline.xadd(dead, "*", ...story, "failures", "1", "original_id", "7-0", "xd:d", PAYLOAD);
  }
  await pipeline.exec();
}

/** A Redis of its own, a raw connection to it, and a store whose reads are counted. */
async function countedRedis() {
  const { url } = await privateRedis();
  const redis = connectRaw(url);
  const tcp = ioredis({ url });
  onTestFinished(() => {
    tcp.close();
    redis.disconnect();
  });
  return { redis, ...counted(tcp) };
}

/** For each view what a page of 50 costs, where each payload has 200 characters. */
const VIEWS: readonly {
  readonly name: string;
  readonly look: (view: Inspection) => Promise<unknown>;
  readonly requests: number;
  readonly commands: number;
  readonly maxChars: number;
}[] = [
  { name: "consumers", look: (view) => view.consumers(), requests: 1, commands: 1, maxChars: 100 },
  { name: "pending", look: (view) => view.pending(), requests: 1, commands: 1, maxChars: 2_000 },
  { name: "entries", look: (view) => view.entries(), requests: 3, commands: 5, maxChars: 15_000 },
  {
    name: "entries, the newest first",
    look: (view) => view.entries({ reverse: true }),
    requests: 3,
    commands: 5,
    maxChars: 15_000,
  },
  { name: "parked", look: (view) => view.parked(), requests: 1, commands: 1, maxChars: 2_500 },
  { name: "delayed", look: (view) => view.delayed(), requests: 3, commands: 3, maxChars: 15_000 },
  { name: "journal", look: (view) => view.journal(), requests: 1, commands: 1, maxChars: 5_000 },
  {
    name: "the story of one that is nowhere",
    look: (view) => view.show("1-0"),
    requests: 3,
    commands: 13,
    maxChars: 180_000,
  },
  {
    name: "the story of one that was delayed",
    look: (view) => view.show("d1-000-abcdefgh"),
    requests: 5,
    commands: 13,
    maxChars: 350_000,
  },
  {
    name: "of what is pending, the next page of one consumer",
    look: (view) => view.pending({ consumer: "xd:a", after: "1-0", minIdleMs: 1 }),
    requests: 1,
    commands: 1,
    maxChars: 2_500,
  },
  {
    name: "of what is pending, a page of a range",
    look: (view) => view.pending({ start: "1", end: "9999999999999", after: "1-0" }),
    requests: 1,
    commands: 1,
    maxChars: 2_000,
  },
  {
    name: "consumers, those with the most first",
    look: (view) => view.consumers({ order: "pending" }),
    requests: 1,
    commands: 1,
    maxChars: 100,
  },
  {
    name: "parked, a page behind a member that has left",
    look: (view) => view.parked({ after: "1/1-0" }),
    requests: 2,
    commands: 4,
    maxChars: 2_500,
  },
  {
    name: "delayed, a page behind a member that has left",
    look: (view) => view.delayed({ after: "1/d1-000-abcdefgh" }),
    requests: 4,
    commands: 6,
    maxChars: 15_000,
  },
  {
    name: "journal, a page in the middle",
    look: (view) => view.journal({ before: "99999999999999-0", since: new Date(1) }),
    requests: 1,
    commands: 1,
    maxChars: 5_000,
  },
];

const COUNTS = [10, 5_000];

serverTest("a view's commands and bytes do not grow with the backlog", async () => {
  for (const count of COUNTS) {
    const { redis, seen, store } = await countedRedis();
    const queue = createQueue({ name: "work", store });
    await fill(redis, queue, count);
    const view = inspect(queue);
    for (const { name, look, requests, commands, maxChars } of VIEWS) {
      await redis.config("RESETSTAT");
      Object.assign(seen, { requests: 0, chars: 0 });
      await look(view);
      const cost = { name, requests: seen.requests, commands: await commandCount(redis) };
      expect(cost).toEqual({ name, requests, commands });
      expect(seen.chars, name).toBeLessThanOrEqual(maxChars);
    }
  }
});

serverTest(
  "the story of a message costs the same, and no more than is said, wherever it is",
  async () => {
    const { redis, seen, store } = await countedRedis();
    const limits = { rateLimit: { limit: 5, per: "1 h" }, maxInFlight: 5, maxPasses: 5 } as const;
    const queue = createQueue<unknown>({ name: "work", store });
    const limited = createQueue<unknown>({ name: "work", store, ...limits });
    const costOf = async (id: string, of = queue) => {
      await redis.config("RESETSTAT");
      Object.assign(seen, { requests: 0, chars: 0 });
      const { where } = await inspect(of).show(id);
      return { where, requests: seen.requests, commands: await commandCount(redis) };
    };
    const delayed = await queue.send("later", { delay: "1 h" });
    expect(await costOf(delayed.id)).toEqual({ where: "delayed", requests: 1, commands: 9 });
    const soon = await queue.send("soon", { delay: 1, idempotencyKey: "k" });
    const { id } = await queue.send("now");
    expect(await costOf(id)).toEqual({ where: "ready", requests: 1, commands: 11 });
    expect(await costOf(id, limited)).toEqual({ where: "ready", requests: 1, commands: 14 });
    await redis.zadd(groupKeys(queue.resolved.storeQueue).delayed, 1, soon.id);
    await drain(
      createQueue<unknown>({ name: "work", store, backoff: { initial: "1 h" } }),
      ({ payload }) => {
        if (payload === "soon") throw new Error("again");
        throw new Reject("no");
      },
      { linger: false },
    );
    // The key and the search for its entry make it the longest story but that of a dead one.
    expect(await costOf(soon.id)).toEqual({ where: "parked", requests: 4, commands: 23 });
    expect(await costOf(id)).toEqual({ where: "dead", requests: 2, commands: 12 });
  },
);
