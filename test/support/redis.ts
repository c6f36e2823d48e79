import { Redis } from "ioredis";
import { inject, onTestFinished, test } from "vitest";
import { findRedisServer, type LocalRedis, startRedis } from "../../scripts/local-redis.ts";

/** True where a real redis-server runs; the embedded one lacks what some tests need. */
export const realRedis = inject("redisKind") === "server";

/**
 * A test that only a real redis-server can run. Without one its name is printed and it is not run (in
 * CI nothing is, see vitest.config.ts).
 */
export function serverTest(name: string, body: () => Promise<void>, timeout = 60_000): void {
  if (realRedis) {
    test(name, body, timeout);
    return;
  }
  process.stderr.write(`not run, it needs a redis-server: ${name}\n`);
}

/** A raw RESP2 client to the Redis of this test run, for looking and for playing other programs. */
export function connectRaw(url: string = inject("redisUrl")): Redis {
  return new Redis(url, { protocol: 2, maxRetriesPerRequest: 1, retryStrategy: () => 50 });
}

/** A Redis for one test alone, for what it must not share: statistics, restarts, a full memory. */
export async function privateRedis(args: readonly string[] = []): Promise<LocalRedis> {
  const redis = await startRedis(findRedisServer({ install: false }), args);
  onTestFinished(() => redis.stop());
  return redis;
}

let drawn = 0;
/** A queue name that no other test uses. */
export function uniqueName(prefix = "q"): string {
  drawn += 1;
  return `${prefix}-${process.pid}-${drawn}-${Math.random().toString(36).slice(2, 8)}`;
}
