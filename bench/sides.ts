import { Queue as UpstashQueue } from "@upstash/queue";
import { Redis as UpstashRedis } from "@upstash/redis";
import { Redis } from "ioredis";
import { createQueue, drain } from "../src/index.ts";
import { upstash } from "../src/redis/upstash.ts";

/** Where a side works: the REST front behind the added latency, and the Redis for looking. */
export interface Target {
  readonly url: string;
  readonly token: string;
  readonly redisUrl: string;
}

export interface Measured {
  readonly elapsedMs: number;
  readonly requests: number;
  readonly commands: number;
}

/** A way to work off a stream of 100-byte payloads with a handler that does nothing. */
export interface Side {
  readonly name: string;
  /** Slow sides do less work; rates compare all the same. */
  messagesAt(latencyMs: number, quick: boolean): number;
  run(target: Target, messages: number): Promise<Measured>;
}

const PAYLOAD = "x".repeat(98);
const BATCH = 100;

const fast = (latencyMs: number, quick: boolean) => (quick || latencyMs > 5 ? 5_000 : 10_000);
const slow = (latencyMs: number, quick: boolean) => (quick || latencyMs > 0 ? 100 : 500);

/** Runs the work on a fresh stream and takes the bill from the server's statistics. */
async function measured(
  target: Target,
  prepare: (redis: Redis, stream: string) => Promise<void>,
  work: (stream: string) => Promise<number>,
): Promise<Measured> {
  const redis = new Redis(target.redisUrl, { protocol: 2 });
  const stream = `bench-${Math.random().toString(36).slice(2)}`;
  await prepare(redis, stream);
  await redis.config("RESETSTAT");
  const startedAt = performance.now();
  const requests = await work(stream);
  const elapsedMs = performance.now() - startedAt;
  const stats = await redis.info("commandstats");
  let commands = 0;
  for (const [, name = "", calls] of stats.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)) {
    if (!/^(config|info|client|hello|select|command)/.test(name)) commands += Number(calls);
  }
  await redis.del(stream);
  redis.disconnect();
  return { elapsedMs, requests, commands };
}

/** Fills a stream by plain pipelines; how it got there is not what is measured. */
function fill(messages: number, fields: readonly string[]) {
  return async (redis: Redis, stream: string) => {
    await redis.xgroup("CREATE", stream, "xdrain", "0", "MKSTREAM");
    for (let done = 0; done < messages; done += 1_000) {
      const pipeline = redis.pipeline();
      for (let i = 0; i < Math.min(1_000, messages - done); i += 1) {
        pipeline.xadd(stream, "*", ...fields);
      }
      await pipeline.exec();
    }
  };
}

const xdrain: Side = {
  name: "xdrain",
  messagesAt: fast,
  run: (target, messages) =>
    measured(target, fill(messages, ["xd:d", JSON.stringify(PAYLOAD)]), async (stream) => {
      const queue = createQueue<string>({ name: stream, store: upstash(target) });
      const report = await drain(queue, () => {}, { batch: BATCH, maxDuration: "10 m" });
      if (report.completed !== messages) throw new Error(`xdrain completed ${report.completed}`);
      return report.requests;
    }),
};

/** What tutorials show: read a batch, handle it, acknowledge each message; all defaults. */
const handWritten: Side = {
  name: "hand-written loop",
  messagesAt: slow,
  run: (target, messages) =>
    measured(target, fill(messages, ["data", JSON.stringify(PAYLOAD)]), async (stream) => {
      const redis = new UpstashRedis({
        url: target.url,
        token: target.token,
        enableTelemetry: false,
      });
      let requests = 0;
      for (;;) {
        requests += 1;
        const reply = (await redis.xreadgroup("xdrain", "worker", stream, ">", { count: BATCH })) as
          | [string, [string, string[]][]][]
          | null;
        const entries = reply?.[0]?.[1] ?? [];
        if (entries.length === 0) return requests;
        for (const [id] of entries) {
          requests += 1;
          await redis.xack(stream, "xdrain", id);
        }
      }
    }),
};

const upstashQueue: Side = {
  name: "@upstash/queue",
  messagesAt: slow,
  run: async (target, messages) => {
    const redis = new UpstashRedis({
      url: target.url,
      token: target.token,
      enableTelemetry: false,
    });
    const queueName = `bench-${Math.random().toString(36).slice(2)}`;
    const queue = new UpstashQueue({ redis: redis as never, queueName, concurrencyLimit: 5 });
    const sent = Array.from({ length: messages }, () => queue.sendMessage({ data: PAYLOAD }));
    await Promise.all(sent);
    return measured(
      target,
      async () => {},
      async () => {
        for (let received = 0; received < messages; received += 1) {
          if ((await queue.receiveMessage()) === null) throw new Error("@upstash/queue lost one");
        }
        // One claim and one read and one acknowledgement for each message.
        return messages * 3;
      },
    );
  },
};

const ACK_AND_READ = `
if #ARGV > 2 then redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, 3)) end
return redis.call('XREADGROUP', 'GROUP', ARGV[1], 'worker', 'COUNT', ARGV[2], 'STREAMS', KEYS[1], '>')`;

/** The bound of a sequential loop: one script that acknowledges the last batch and reads the next. */
const bareScript: Side = {
  name: "bare ack-and-read script",
  messagesAt: fast,
  run: (target, messages) =>
    measured(target, fill(messages, ["xd:d", JSON.stringify(PAYLOAD)]), async (stream) => {
      const redis = new UpstashRedis({
        url: target.url,
        token: target.token,
        automaticDeserialization: false,
        responseEncoding: false,
        enableAutoPipelining: false,
        enableTelemetry: false,
      });
      const sha = await redis.scriptLoad(ACK_AND_READ);
      let requests = 0;
      let ids: string[] = [];
      for (;;) {
        requests += 1;
        const args = [sha, "1", stream, "xdrain", String(BATCH), ...ids];
        const reply = await redis.exec<[string, [string, string[]][]][] | null>([
          "EVALSHA",
          ...args,
        ]);
        ids = (reply?.[0]?.[1] ?? []).map(([id]) => id);
        if (ids.length === 0) return requests;
      }
    }),
};

export const sides: readonly Side[] = [xdrain, bareScript, handWritten, upstashQueue];
