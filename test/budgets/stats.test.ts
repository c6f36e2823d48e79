import { expect, onTestFinished } from "vitest";
import { serveGateway } from "../../src/gateway/serve.ts";
import { createQueue, drain, type Queue } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { upstash } from "../../src/redis/upstash.ts";
import { commandStats } from "../support/command-stats.ts";
import { connectRaw, privateRedis, serverTest } from "../support/redis.ts";

/** A queue over REST on a Redis of its own, with every request to its gateway counted. */
async function restQueue() {
  const { url } = await privateRedis();
  const gateway = await serveGateway({ redis: url, token: "a-token" });
  const redis = connectRaw(url);
  const { fetch } = globalThis;
  const paths: string[] = [];
  globalThis.fetch = (input, init) => {
    paths.push(new URL(String(input)).pathname);
    return fetch(input, init);
  };
  onTestFinished(async () => {
    globalThis.fetch = fetch;
    redis.disconnect();
    await gateway.close();
  });
  const store = upstash({ url: gateway.url, token: "a-token" });
  const queue: Queue<number> = createQueue<number>({ name: "work", store });
  return {
    queue,
    async costOf(work: () => Promise<unknown>) {
      await redis.config("RESETSTAT");
      paths.length = 0;
      await work();
      return { requests: [...paths], commands: await commandStats(redis) };
    },
  };
}

const EIGHT_READS = {
  time: 1,
  "xinfo|stream": 1,
  "xinfo|groups": 1,
  zcount: 1,
  zcard: 1,
  xlen: 1,
  hgetall: 1,
  "memory|usage": 1,
};

serverTest(
  "statistics cost eight commands and one request, with no message, with one and with ten thousand, whatever their state",
  async () => {
    const { queue, costOf } = await restQueue();
    const look = async () => {
      expect(await costOf(() => queue.stats())).toEqual({
        requests: ["/pipeline"],
        commands: EIGHT_READS,
      });
    };
    await look();
    await queue.send(0);
    await look();
    const batch = Array.from({ length: 9_999 }, (_, payload) => ({ payload }));
    await queue.sendBatch(batch);
    await look();
    await drain(
      queue,
      ({ payload }) => {
        if (payload % 2 === 0) throw new Error("later");
      },
      { maxMessages: 5_000, concurrency: 100 },
    );
    await look();
  },
);

serverTest("over TCP statistics go as one pipeline as well", async () => {
  const { url } = await privateRedis();
  const redis = connectRaw(url);
  const store = ioredis({ url });
  onTestFinished(() => {
    store.close();
    redis.disconnect();
  });
  const queue = createQueue({ name: "work", store });
  await queue.send(1);
  await queue.stats();
  await redis.config("RESETSTAT");
  await queue.stats();
  expect(await commandStats(redis)).toEqual(EIGHT_READS);
  const info = await redis.info("stats");
  // What comes in one read of the socket is one packet: eight commands, and this INFO.
  const reads = Number(/total_reads_processed:(\d+)/.exec(info)?.[1]);
  expect(reads).toBeLessThanOrEqual(4);
});

serverTest("a pause and its end cost one request and four commands each", async () => {
  const { queue, costOf } = await restQueue();
  await queue.send(0);
  await queue.pause(); // teaches the server the script
  await queue.resume();
  const paused = await costOf(() => queue.pause());
  expect(paused.requests).toHaveLength(1);
  expect(paused.commands).toEqual({ evalsha: 1, set: 1, zadd: 1, hset: 1 });
  const resumed = await costOf(() => queue.resume());
  expect(resumed.commands).toEqual({ evalsha: 1, set: 1, zrem: 1, hdel: 1 });
});
