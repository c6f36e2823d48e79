import { Redis as UpstashRedis } from "@upstash/redis";
import { Redis } from "ioredis";
import { fillStream, GROUP, newName } from "../fill.ts";
import { type Target, TOKEN } from "../target.ts";
import { handleAll, type Side, type Work } from "../work.ts";

type Entry = [id: string, fields: string[]];
type Reply = [stream: string, entries: Entry[]][] | null;

const SETTLE_AND_READ = `
if #ARGV > 3 then
  redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, 4))
  redis.call('XDEL', KEYS[1], unpack(ARGV, 4))
end
return redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', ARGV[3], 'STREAMS', KEYS[1], '>')`;

export const bareLoop: Side = {
  name: "bare script loop",
  about:
    "one EVALSHA a batch that acknowledges and deletes the last batch and reads the next; " +
    "`@upstash/redis` with its decoding off; no lease, no fence, no retries, no bounds",
  async prepare(target, work) {
    const stream = await filled(target, work);
    const redis = new UpstashRedis({
      url: target.restUrl,
      token: TOKEN,
      automaticDeserialization: false,
      responseEncoding: false,
      enableAutoPipelining: false,
      enableTelemetry: false,
    });
    const sha = await redis.scriptLoad(SETTLE_AND_READ);

    async function pass(_: unknown, number: number): Promise<number> {
      let ids: string[] = [];
      for (let requests = 1; ; requests += 1) {
        const args = [stream, GROUP, `worker-${number}`, String(work.batch), ...ids];
        const reply = await redis.exec<Reply>(["EVALSHA", sha, "1", ...args]);
        const entries = reply?.[0]?.[1] ?? [];
        if (entries.length === 0) return requests;
        const payloads = entries.map(([, fields]) => JSON.parse(fields.at(-1) ?? "null"));
        await handleAll(payloads, work);
        ids = entries.map(([id]) => id);
      }
    }
    return { run: () => inParallel(work, pass), close: async () => {} };
  },
};

export const handWritten: Side = {
  name: "hand-written loop",
  about:
    "what tutorials show: XAUTOCLAIM at the start, XREADGROUP for a batch, then for each message " +
    "the handler and an XACK, each awaited; `@upstash/redis` with all defaults",
  slow: true,
  async prepare(target, work) {
    const stream = await filled(target, work);
    const redis = new UpstashRedis({ url: target.restUrl, token: TOKEN });

    async function pass(_: unknown, number: number): Promise<number> {
      const worker = `worker-${number}`;
      await redis.xautoclaim(stream, GROUP, worker, 60_000, "0-0", { count: work.batch });
      for (let requests = 2; ; requests += 1) {
        const read = await redis.xreadgroup(GROUP, worker, stream, ">", { count: work.batch });
        const entries = (read as Reply)?.[0]?.[1] ?? [];
        if (entries.length === 0) return requests;
        for (const [id, fields] of entries) {
          await work.handler(fields.at(-1));
          await redis.xack(stream, GROUP, id);
          requests += 1;
        }
      }
    }
    return { run: () => inParallel(work, pass), close: async () => {} };
  },
};

async function inParallel(
  work: Work,
  pass: (_: unknown, number: number) => Promise<number>,
): Promise<number> {
  const requests = await Promise.all(Array.from({ length: work.passes }, pass));
  return requests.reduce((sum, count) => sum + count, 0);
}

async function filled(target: Target, work: Work): Promise<string> {
  const stream = newName();
  const redis = new Redis(target.redisUrl, { protocol: 2 });
  await fillStream(redis, stream, work);
  redis.disconnect();
  return stream;
}
