import { createQueue, drain, type Queue, type WakeOptions } from "../../src/index.ts";
import { upstash } from "../../src/redis/upstash.ts";
import type { Environment } from "../environment.ts";
import { newName } from "../fill.ts";
import { TOKEN } from "../target.ts";

/** Added to each round trip: those to Redis, and those to the app that is kicked. */
export const LATENCY_MS = 5;

/** Queues over REST; a message of each carries when it was sent, by `performance.now()`. */
export async function warmQueues(
  env: Environment,
  count: number,
  wake?: WakeOptions,
): Promise<readonly Queue<number>[]> {
  const store = await restStore(env);
  const options = wake === undefined ? {} : { wake };
  const queues = Array.from({ length: count }, () =>
    createQueue<number>({ name: newName(), store, ...options }),
  );
  for (const queue of queues) {
    await queue.send(0);
    await drain(queue, () => {});
  }
  return queues;
}

export async function restStore(env: Environment) {
  const { restUrl } = await env.targetAt(LATENCY_MS);
  return upstash({ url: restUrl, token: TOKEN });
}
