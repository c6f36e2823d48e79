import type { Redis } from "ioredis";

/** What a test itself runs to look, and what connecting takes; not part of any bill. */
const NOT_OURS = /^(config|info|client|hello|script|select|auth|ping|quit|command)/;

/** Commands by name since the last reset, as the server itself counts them, scripts included. */
export async function commandStats(redis: Redis): Promise<Record<string, number>> {
  const calls: Record<string, number> = {};
  for (const line of (await redis.info("commandstats")).split("\n")) {
    const match = /^cmdstat_([^:]+):calls=(\d+)/.exec(line);
    const name = match?.[1] ?? "";
    if (match !== null && !NOT_OURS.test(name)) calls[name] = Number(match[2]);
  }
  return calls;
}

export async function commandCount(redis: Redis): Promise<number> {
  const calls = await commandStats(redis);
  return Object.values(calls).reduce((sum, count) => sum + count, 0);
}
