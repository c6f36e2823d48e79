import { Redis as UpstashRedis } from "@upstash/redis";
import type { Redis } from "ioredis";
import { createQueue, drain } from "../../src/index.ts";
import { upstash } from "../../src/redis/upstash.ts";
import type { Environment } from "../environment.ts";
import { fillStream, GROUP, newName } from "../fill.ts";
import { readStats } from "../measure.ts";
import { type Target, TOKEN } from "../target.ts";
import { payloadOf } from "../work.ts";

const PAYLOAD = payloadOf(100);
const LEASE_MS = 60_000;
const BATCH = 100;

/** What one pass had in hand when it died, behind what others have in hand and live. */
export interface Crash {
  readonly dead: number;
  readonly inFront: number;
}

/** How it came back. */
export interface Recovery {
  readonly side: string;
  /** Messages that came back, in so many passes, one after the other. */
  readonly back: number;
  readonly passes: number;
  /** How long the passes took together. */
  readonly seconds: number;
  readonly requests: number;
  readonly commands: number;
}

interface Side {
  readonly name: string;
  /** One pass; how many messages came back, and its requests. */
  readonly pass: (target: Target, stream: string) => Promise<[back: number, requests: number]>;
}

export const crashSides: readonly Side[] = [
  {
    name: "xdrain",
    async pass({ restUrl }, stream) {
      const queue = createQueue({ name: stream, store: upstash({ url: restUrl, token: TOKEN }) });
      const { completed, requests } = await drain(queue, () => {});
      return [completed, requests];
    },
  },
  {
    name: "hand-written loop",
    async pass({ restUrl }, stream) {
      const redis = new UpstashRedis({ url: restUrl, token: TOKEN });
      const count = { count: BATCH };
      const claimed = await redis.xautoclaim(stream, GROUP, "worker", LEASE_MS, "0-0", count);
      const entries = (claimed as [string, [id: string, fields: unknown][]])[1];
      for (const [id] of entries) await redis.xack(stream, GROUP, id);
      return [entries.length, 1 + entries.length];
    },
  },
];

/** Passes, one after the other, until all has come back or so many were made. */
export async function recover(
  env: Environment,
  side: Side,
  crash: Crash,
  setting: { readonly latencyMs: number; readonly mostPasses: number },
): Promise<Recovery> {
  const target = await env.targetAt(setting.latencyMs);
  const stream = newName();
  const messages = crash.inFront + crash.dead;
  await fillStream(env.redis, stream, { messages, payload: PAYLOAD, keyed: false });
  await hold(env.redis, stream, "xd:alive", crash.inFront);
  const ids = await hold(env.redis, stream, "xd:dead", crash.dead);
  for (let first = 0; first < ids.length; first += 500) {
    const aged = [...ids.slice(first, first + 500), "IDLE", "86400000", "JUSTID"];
    await env.redis.call("XCLAIM", stream, GROUP, "xd:dead", 0, ...aged);
  }
  await env.redis.config("RESETSTAT");
  const startedAt = performance.now();
  let [back, passes, requests] = [0, 0, 0];
  while (back < crash.dead && passes < setting.mostPasses) {
    const [more, asked] = await side.pass(target, stream);
    back += more;
    requests += asked;
    passes += 1;
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const { commands } = readStats(await env.redis.info("commandstats"));
  await env.redis.flushall();
  return { side: side.name, back, passes, seconds, requests, commands };
}

/** Hands so many to a consumer; returns their ids. */
async function hold(
  redis: Redis,
  stream: string,
  consumer: string,
  count: number,
): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    const some = Math.min(10_000, count - ids.length);
    const args = ["GROUP", GROUP, consumer, "COUNT", some, "STREAMS", stream, ">"];
    const reply = (await redis.call("XREADGROUP", ...args)) as [string, [string, string[]][]][];
    ids.push(...(reply[0]?.[1] ?? []).map(([id]) => id));
  }
  return ids;
}
