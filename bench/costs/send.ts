import { Redis } from "@upstash/redis";
import { createQueue } from "../../src/index.ts";
import { upstash } from "../../src/redis/upstash.ts";
import type { Environment } from "../environment.ts";
import { newName } from "../fill.ts";
import { medianRatio } from "../statistics.ts";
import { TOKEN } from "../target.ts";
import { payloadOf } from "../work.ts";

const BATCH = 100;
const PAYLOAD = payloadOf(100);

/**
 * `sendBatch` of 100 beside a pipeline of 100 XADDs by `@upstash/redis`, decoding off, over the same
 * gateway: messages per second of both, pair by pair, and the median of their ratios.
 */
export async function sendRates(env: Environment, pairs: number, batchesAPair: number) {
  const target = await env.targetAt(0);
  const store = upstash({ url: target.restUrl, token: TOKEN });
  const queue = createQueue<string>({ name: newName(), store });
  const redis = new Redis({
    url: target.restUrl,
    token: TOKEN,
    automaticDeserialization: false,
    responseEncoding: false,
    enableTelemetry: false,
  });
  const raw = newName();
  const messages = Array.from({ length: BATCH }, () => ({ payload: PAYLOAD }));
  const data = JSON.stringify(PAYLOAD);

  const ways = {
    sendBatch: async () => void (await queue.sendBatch(messages)),
    pipeline: async () => {
      const pipeline = redis.pipeline();
      for (let i = 0; i < BATCH; i += 1) pipeline.xadd(raw, "*", { d: data });
      await pipeline.exec();
    },
  };
  async function rate(way: () => Promise<void>): Promise<number> {
    const startedAt = performance.now();
    for (let i = 0; i < batchesAPair; i += 1) await way();
    return (batchesAPair * BATCH * 1_000) / (performance.now() - startedAt);
  }
  const rates: Record<keyof typeof ways, number[]> = { sendBatch: [], pipeline: [] };
  await rate(ways.sendBatch);
  await rate(ways.pipeline);
  for (let pair = 0; pair < pairs; pair += 1) {
    const order = ["sendBatch", "pipeline"] as const;
    for (const way of pair % 2 === 0 ? order : order.toReversed()) {
      rates[way].push(await rate(ways[way]));
    }
  }
  await env.redis.flushall();
  return { ...rates, ratio: medianRatio(rates.sendBatch, rates.pipeline) };
}
