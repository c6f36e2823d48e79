import type { Redis } from "ioredis";
import { expect } from "vitest";
import { createQueue, drain, type Queue } from "../../src/index.ts";
import { type TrimOptions, trim } from "../../src/inspect/index.ts";
import { groupKeys } from "../../src/redis/keys.ts";
import { commandStats } from "../support/command-stats.ts";
import { serverTest } from "../support/redis.ts";
import { privateQueue } from "./warm-queue.ts";

/** A shared queue whose group has marked its parked set, on a server that knows the script. */
async function openShared(): Promise<{ queue: Queue<unknown>; redis: Redis }> {
  const { queue, redis } = await privateQueue<unknown>({ shared: true, statistics: false });
  await queue.send(0);
  await drain(queue, () => {});
  expect(await trim(queue)).toEqual({ removed: 0, left: 0, heldBy: undefined });
  return { queue, redis };
}

/** Adds entries that the group has done, but for the last few. */
async function addDone(redis: Redis, count: number, undone = 0): Promise<void> {
  const pipeline = redis.pipeline();
  for (let n = 0; n < count; n += 1) pipeline.xadd("work", "*", "n", n);
  await pipeline.exec();
  const newest = await redis.xrevrange("work", "+", "-", "COUNT", undone + 1);
  await redis.xgroup("SETID", "work", "xdrain", newest.at(-1)?.[0] ?? "0");
}

/** What a trim did, and the commands that it took. */
async function billed(queue: Queue<unknown>, redis: Redis, options?: TrimOptions) {
  await redis.config("RESETSTAT");
  const report = await trim(queue, options);
  const stats = await commandStats(redis);
  const { evalsha = 0 } = stats;
  const commands = Object.values(stats).reduce((sum, count) => sum + count, 0);
  return { removed: report.removed, left: report.left, requests: evalsha, commands };
}

serverTest(
  "a trim of 1,000 entries is one request and 11 commands, one that finds nothing 9",
  async () => {
    const { queue, redis } = await openShared();
    await addDone(redis, 1_000);
    const all = { removed: 1_000, left: 0, requests: 1, commands: 11 };
    expect(await billed(queue, redis)).toEqual(all);
    await addDone(redis, 1_000, 10);
    const some = { removed: 990, left: 10, requests: 1, commands: 11 };
    expect(await billed(queue, redis)).toEqual(some);
    expect(await billed(queue, redis)).toEqual({ removed: 0, left: 10, requests: 1, commands: 9 });
  },
);

serverTest("keeping the newest entries costs a trim one command more", async () => {
  const { queue, redis } = await openShared();
  await addDone(redis, 1_000, 10);
  const kept = { removed: 750, left: 250, requests: 1, commands: 12 };
  expect(await billed(queue, redis, { keep: { count: 250 } })).toEqual(kept);
  const held = { removed: 240, left: 10, requests: 1, commands: 12 };
  expect(await billed(queue, redis, { keep: { count: 5 } })).toEqual(held);
});

serverTest("an approximate trim saves a command, and removes whole nodes alone", async () => {
  const { queue, redis } = await openShared();
  await addDone(redis, 1_000, 10);
  const near = { removed: 900, left: 100, requests: 1, commands: 10 };
  expect(await billed(queue, redis, { approximate: true })).toEqual(near);
  await addDone(redis, 1_000);
  const kept = { removed: 800, left: 300, requests: 1, commands: 11 };
  const options = { approximate: true, keep: { count: 250 } };
  expect(await billed(queue, redis, options)).toEqual(kept);
});

serverTest("a trim goes in slices of 10,000 entries, and counts them together", async () => {
  const { queue, redis } = await openShared();
  await addDone(redis, 25_000, 7);
  // In a stream that is longer than a slice, each asks how many messages are parked.
  const report = { removed: 24_993, left: 7, requests: 3, commands: 33 };
  expect(await billed(queue, redis)).toEqual(report);
  // Where thousands are kept and thousands are to be done, Redis shows the oldest, 1,000 a request.
  await addDone(redis, 6_000, 2_000);
  const kept = { removed: 2_007, left: 4_000, requests: 3 };
  expect(await billed(queue, redis, { keep: { count: 4_000 } })).toMatchObject(kept);
});

serverTest(
  "where many messages wait for a retry, a slice is as large as the look at them",
  async () => {
    const { queue, redis } = await openShared();
    const { parked } = groupKeys(queue.resolved.storeQueue);
    const pipeline = redis.pipeline();
    for (let n = 1; n <= 40_000; n += 1) pipeline.zadd(parked, 2 ** 50 + n, `99999999999999-${n}`);
    await pipeline.exec();
    await addDone(redis, 24_000); // less than half of 50,000
    expect(await billed(queue, redis)).toMatchObject({ removed: 24_000, left: 0, requests: 1 });
  },
);

serverTest(
  "groups of other programs cost a trim four commands each, and a request of four",
  async () => {
    const { queue, redis } = await openShared();
    const base = await billed(queue, redis);
    for (const group of ["a", "b", "c"]) await redis.xgroup("CREATE", "work", group, "$");
    const more = await billed(queue, redis);
    expect(more).toMatchObject({ requests: 2, commands: base.commands + 4 + 4 * 3 });
  },
);

serverTest(
  "a trim that is asked for waits for none that took long, and keeps none waiting",
  async () => {
    const { queue, redis } = await openShared();
    const { state } = groupKeys(queue.resolved.storeQueue);
    await addDone(redis, 10);
    await redis.hset(state, "trim_next", Date.now() + 3_600_000);
    const { store, storeQueue } = queue.resolved;
    const groups = [storeQueue.group];
    expect(await store.trim(storeQueue, groups, {})).toMatchObject({ removed: 0 });
    expect(await trim(queue)).toMatchObject({ removed: 10 });
  },
);

serverTest("the trim at the end of a pass takes 9 commands", async () => {
  const { queue, redis } = await openShared();
  await addDone(redis, 1_000);
  const { store, storeQueue } = queue.resolved;
  await redis.config("RESETSTAT");
  const { removed, bill } = await store.trim(storeQueue, [storeQueue.group], {});
  const calls = Object.values(await commandStats(redis)).reduce((sum, count) => sum + count, 0);
  expect({ removed, calls, ...bill }).toEqual({
    removed: 1_000,
    calls: 9,
    requests: 1,
    commands: 9,
  });
});

serverTest(
  "a group whose parked set was lost, and a full memory, do not mislead a trim",
  async () => {
    const { queue, redis } = await openShared();
    await addDone(redis, 100);
    await redis.config("SET", "maxmemory", "1");
    expect(await trim(queue, { keep: { count: 50 } })).toMatchObject({ removed: 50 });
    await redis.config("SET", "maxmemory", "0");
    await redis.del(groupKeys(queue.resolved.storeQueue).parked);
    const heldBy = { reason: "orphans", group: "xdrain", id: undefined };
    expect(await trim(queue)).toEqual({ removed: 0, left: 50, heldBy });

    // The same where no pass has trimmed before.
    const { store } = queue.resolved;
    const fresh = createQueue({ name: "fresh", store, shared: true });
    await fresh.send(1);
    await redis.xgroup("CREATE", "fresh", "xdrain", "$");
    expect(await trim(fresh)).toMatchObject({ removed: 1 });
    await redis.del(groupKeys(fresh.resolved.storeQueue).parked);
    expect(await trim(fresh)).toEqual({ removed: 0, left: 0, heldBy });
  },
);
