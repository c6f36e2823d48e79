import { onTestFinished } from "vitest";
import { createQueue, drain, type Queue, type QueueOptions } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { commandCount } from "../support/command-stats.ts";
import { connectRaw, privateRedis } from "../support/redis.ts";

/** A queue on a Redis of its own, and a connection to that server. */
export async function privateQueue<Payload>(options: Partial<QueueOptions> = {}) {
  const { url } = await privateRedis();
  const store = ioredis({ url });
  const redis = connectRaw(url);
  onTestFinished(() => {
    store.close();
    redis.disconnect();
  });
  const queue: Queue<Payload> = createQueue<Payload>({ name: "work", store, ...options });
  return { queue, redis };
}

/** A queue on a Redis of its own that knows the scripts, and what work on it costs that server. */
export async function warmQueue(options: Partial<QueueOptions> = {}) {
  const { queue, redis } = await privateQueue<number>(options);
  const { id } = await queue.send(0, { delay: "1 h" });
  await queue.cancel(id);
  await queue.send(0);
  await drain(queue, () => {});
  return {
    queue,
    async commandsOf(work: () => Promise<unknown>): Promise<number> {
      await redis.config("RESETSTAT");
      await work();
      return commandCount(redis);
    },
  };
}
