import { expect } from "vitest";
import { drain } from "../../src/index.ts";
import { commandCount } from "../support/command-stats.ts";
import { serverTest } from "../support/redis.ts";
import { privateQueue } from "./warm-queue.ts";

const ADD_AND_READ = `
  for i = 1, 1000 do redis.call("XADD", KEYS[1], "*", "n", i) end
  local read = { "GROUP", "xdrain", ARGV[1], "COUNT", 1000, "STREAMS", KEYS[1], ">" }
  local entries, ids = redis.call("XREADGROUP", unpack(read))[1][2], {}
  for i, entry in ipairs(entries) do ids[i] = entry[1] end
  return ids`;

/** 100,000 in flight with a hundred passes that live. */
async function crowdedQueue() {
  const { queue, redis } = await privateQueue<unknown>();
  await queue.send(0);
  await drain(queue, () => {});
  const hold = (token: string) =>
    redis.eval(ADD_AND_READ, 1, queue.name, token) as Promise<string[]>;
  for (let pass = 1; pass <= 100; pass += 1) await hold(`xd:alive-${pass}`);
  const billed = async <Result>(work: () => Promise<Result>): Promise<[Result, number]> => {
    await redis.hdel(`{${queue.name}}:xd:${queue.name}:xdrain:state`, "next");
    await redis.config("RESETSTAT");
    return [await work(), await commandCount(redis)];
  };
  return { queue, redis, hold, billed };
}

serverTest("a sweep over 100,000 in flight that finds nothing takes one pass of 13", async () => {
  const { queue, billed } = await crowdedQueue();
  const [report, commands] = await billed(() => drain(queue, () => {}));
  expect(report).toMatchObject({ stopped: "empty", more: false, requests: 1, reclaimed: 0 });
  expect(commands).toBeLessThanOrEqual(13);
});

serverTest("what died behind 100,000 in flight comes back within one pass", async () => {
  const { queue, redis, hold, billed } = await crowdedQueue();
  const dead = (await hold("xd:dead")).slice(-100);
  const longAgo = ["IDLE", "86400000", "JUSTID"];
  await redis.call("XCLAIM", queue.name, "xdrain", "xd:dead", 0, ...dead, ...longAgo);
  const [report, commands] = await billed(() => drain(queue, () => {}));
  expect(report).toMatchObject({ stopped: "empty", more: false, reclaimed: 100, completed: 100 });
  // Ten turns that sweep ten and hand them out, and one that settles the last.
  expect(report.requests).toBe(11);
  expect(commands).toBeLessThanOrEqual(220);
});
