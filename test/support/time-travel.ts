import type { Redis } from "ioredis";
import { groupKeys } from "../../src/redis/keys.ts";

/**
 * Lets time pass for a queue, so that no test waits for the server's clock: whatever is stored with a
 * time is moved back by so many milliseconds. Only ids and the expiry of whole keys stay.
 */
export async function letTimePass(
  redis: Redis,
  stream: string,
  ms: number,
  group = "xdrain",
): Promise<void> {
  const keys = groupKeys({ stream, group, deadLetterStream: undefined });
  await ageLeases(redis, stream, group, ms);
  await shiftScores(redis, keys.parked, ms * 1024);
  await shiftRecords(redis, keys.due, ms * 1024);
  await shiftScores(redis, keys.keys, ms * 2);
  await shiftScores(redis, keys.delayed, ms);
  await shiftScores(redis, keys.passes, ms);
  for (const field of ["next", "trim_next", "lease_at"]) {
    const time = await redis.hget(keys.state, field);
    if (time !== null) await redis.hset(keys.state, field, Number(time) - ms);
  }
}

/** The same for what a rate has counted; `times` is how often its whole time goes by. */
export async function ageStarts(
  redis: Redis,
  stream: string,
  group: string,
  times: number,
): Promise<void> {
  const { starts } = groupKeys({ stream, group, deadLetterStream: undefined });
  const counted = Object.entries(await redis.hgetall(starts));
  await redis.del(starts);
  for (const [bucket, count] of counted) {
    await redis.hset(starts, Number(bucket) - Math.floor(times * 100), count);
  }
}

async function ageLeases(redis: Redis, stream: string, group: string, ms: number): Promise<void> {
  const pending = (await redis
    .call("XPENDING", stream, group, "-", "+", 10_000)
    .catch(() => [])) as [string, string, number, number][];
  for (const [id, owner, idle, count] of pending) {
    const aged = ["IDLE", idle + ms, "RETRYCOUNT", count, "JUSTID"];
    await redis.call("XCLAIM", stream, group, owner, 0, id, ...aged);
  }
}

async function shiftRecords(redis: Redis, key: string, by: number): Promise<void> {
  for (const [id, score] of Object.entries(await redis.hgetall(key))) {
    if (id !== "xd:parked") await redis.hset(key, id, Number(score) - by);
  }
}

/** Members of ours are marks, and scores below zero say that there is no time. */
async function shiftScores(redis: Redis, key: string, by: number): Promise<void> {
  const list = (await redis.call("ZRANGE", key, "0", "-1", "WITHSCORES")) as string[];
  for (let i = 0; i < list.length; i += 2) {
    const [member = "", score] = list.slice(i);
    if (Number(score) <= 0 || /^xd:(paused|parked)$/.test(member)) continue;
    await redis.call("ZINCRBY", key, String(-by), member);
  }
}
