import type { Redis } from "ioredis";

/**
 * Lets time pass for a queue: leases, retry times, key records and the sweep's gate are moved back
 * by so many milliseconds, so that no test waits for the server's clock.
 */
export async function letTimePass(
  redis: Redis,
  stream: string,
  ms: number,
  group = "xdrain",
): Promise<void> {
  const key = (what: string) => `{${stream}}:xd:${stream}:${group}:${what}`;
  const pending = (await redis
    .call("XPENDING", stream, group, "-", "+", 10_000)
    .catch(() => [])) as [string, string, number, number][];
  for (const [id, owner, idle, count] of pending) {
    const aged = ["IDLE", idle + ms, "RETRYCOUNT", count, "JUSTID"];
    await redis.call("XCLAIM", stream, group, owner, 0, id, ...aged);
  }
  await shiftScores(redis, key("parked"), ms * 1024);
  await shiftScores(redis, key("keys"), ms * 2);
  await redis.hdel(key("state"), "next");
}

async function shiftScores(redis: Redis, key: string, by: number): Promise<void> {
  const members = (await redis.call("ZRANGE", key, "0", "-1")) as string[];
  for (const member of members) await redis.call("ZINCRBY", key, String(-by), member);
}
