import { Redis } from "ioredis";
import { inject } from "vitest";

/** True where a real redis-server runs; the embedded one lacks what some tests need. */
export const realRedis = inject("redisKind") === "server";

/** A raw RESP2 client to the Redis of this test run, for looking and for playing other programs. */
export function connectRaw(url: string = inject("redisUrl")): Redis {
  return new Redis(url, { protocol: 2, maxRetriesPerRequest: 1, retryStrategy: () => 50 });
}

let drawn = 0;
/** A queue name that no other test uses. */
export function uniqueName(prefix = "q"): string {
  drawn += 1;
  return `${prefix}-${process.pid}-${drawn}-${Math.random().toString(36).slice(2, 8)}`;
}
