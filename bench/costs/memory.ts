import { Redis } from "ioredis";
import { createQueue, drain, type Queue } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { newName } from "../fill.ts";
import { payloadOf } from "../work.ts";

const PAYLOAD = payloadOf(100);
const MESSAGES = 10_000;

export interface MemoryCosts {
  /** Bytes of a queued message over those of a raw entry with the same payload. */
  readonly queuedRatio: number;
  /** Used memory after a warm queue was filled and drained, less that before. */
  readonly drainedBytesLeft: number;
  /** Of one idempotency record, for a key of 36 characters. */
  readonly recordBytes: number;
}

/** What the queue takes of Redis' memory, as the server says. It needs a Redis without others. */
export async function memoryCosts(redisUrl: string): Promise<MemoryCosts> {
  const redis = new Redis(redisUrl, { protocol: 2 });
  const store = ioredis({ url: redisUrl });
  const queueOf = () => createQueue<string>({ name: newName(), store });
  const costs = {
    queuedRatio: await queuedRatio(redis, queueOf()),
    recordBytes: await recordBytes(redis, queueOf()),
  };
  store.close();
  await redis.flushall();
  const left = await drainedBytesLeft(redis, redisUrl);
  redis.disconnect();
  return { ...costs, drainedBytesLeft: left };
}

async function queuedRatio(redis: Redis, queue: Queue<string>): Promise<number> {
  const raw = newName();
  const pipeline = redis.pipeline();
  for (let i = 0; i < MESSAGES; i += 1) pipeline.xadd(raw, "*", "data", JSON.stringify(PAYLOAD));
  await pipeline.exec();
  await sendMany(queue);
  const ratio = (await bytesOf(redis, queue.name)) / (await bytesOf(redis, raw));
  await redis.del(raw, queue.name);
  return ratio;
}

async function recordBytes(redis: Redis, queue: Queue<string>): Promise<number> {
  await sendMany(queue, (n) => `123e4567-e89b-12d3-a456-${String(n).padStart(12, "0")}`);
  await drain(queue, () => {});
  return (await bytesOf(redis, `{${queue.name}}:xd:${queue.name}:xdrain:keys`)) / MESSAGES;
}

/** The ids that `send` remembers expire after two minutes; here they are dropped at once. */
async function drainedBytesLeft(redis: Redis, redisUrl: string): Promise<number> {
  const name = newName();
  const connections = await connectionsOf(redis);
  const used: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const store = ioredis({ url: redisUrl });
    const queue = createQueue<string>({ name, store });
    await sendMany(queue);
    await drain(queue, () => {});
    // Its buffers are no memory of the queue.
    store.close();
    while ((await connectionsOf(redis)) > connections);
    const sent = await redis.keys(`{${name}}:xd:*:sent:*`);
    if (sent.length > 0) await redis.del(...sent);
    used.push(Number(/^used_memory:(\d+)/m.exec(await redis.info("memory"))?.[1]));
  }
  return (used.at(-1) ?? 0) - (used[0] ?? 0);
}

async function connectionsOf(redis: Redis): Promise<number> {
  return Number(/^connected_clients:(\d+)/m.exec(await redis.info("clients"))?.[1]);
}

async function sendMany(queue: Queue<string>, keyOf?: (n: number) => string): Promise<void> {
  for (let from = 0; from < MESSAGES; from += 500) {
    await queue.sendBatch(
      Array.from({ length: 500 }, (_, i) => ({
        payload: PAYLOAD,
        ...(keyOf === undefined ? {} : { idempotencyKey: keyOf(from + i) }),
      })),
    );
  }
}

async function bytesOf(redis: Redis, key: string): Promise<number> {
  return Number(await redis.call("MEMORY", "USAGE", key, "SAMPLES", "0"));
}

/** What all keys take, to the byte. */
export async function bytesOfAll(redis: Redis): Promise<number> {
  const keys = await redis.keys("*");
  const sizes = await Promise.all(keys.map((key) => bytesOf(redis, key)));
  return sizes.reduce((sum, size) => sum + size, 0);
}
