import type { Redis } from "ioredis";

/** The keys of a queue by their last part; what `send` remembers for two minutes is left out. */
export async function keysOf(redis: Redis, stream: string): Promise<string[]> {
  const keys = await redis.keys(`{${stream}}:xd:*`);
  return keys
    .map((key) => key.split(":").slice(4).join(":"))
    .filter((what) => !what.startsWith("sent:"))
    .sort();
}

/** The consumers of a group, by name. */
export async function consumersOf(
  redis: Redis,
  stream: string,
  group = "xdrain",
): Promise<string[]> {
  const list = (await redis.call("XINFO", "CONSUMERS", stream, group)) as string[][];
  return list.map((consumer) => String(consumer[1])).sort();
}

/** Ids that are in flight, for anybody. */
export async function pendingIds(
  redis: Redis,
  stream: string,
  group = "xdrain",
): Promise<string[]> {
  const list = (await redis.call("XPENDING", stream, group, "-", "+", 10_000)) as string[][];
  return list.map((entry) => String(entry[0]));
}
