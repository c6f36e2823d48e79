import type { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EMPTY } from "../support/depth.ts";
import { consumersOf } from "../support/leftovers.ts";
import { connectRaw, privateRedis, serverTest, uniqueName } from "../support/redis.ts";
import { type Fault, faultyStore } from "../support/transports.ts";
import {
  drainWork,
  FAILS_ONCE,
  MESSAGES,
  REJECTED,
  sendWork,
  workHandler,
  workQueue,
} from "./workload.ts";

let redis: Redis;
beforeAll(() => {
  redis = connectRaw();
});
afterAll(() => redis.disconnect());

/** Sends and drains the workload over a faulty way; asserts that nobody can tell. */
async function unharmed(faultOf: (request: number) => Fault): Promise<number> {
  const { store, requests } = faultyStore(redis, faultOf);
  const queue = workQueue(store, uniqueName());
  await sendWork(queue);
  expect(await redis.xlen(queue.name)).toBe(MESSAGES);
  const sending = requests();
  const runs: number[] = [];
  const report = await drainWork(
    queue,
    workHandler((n) => runs.push(n)),
  );
  expect(report).toMatchObject({
    stopped: "empty",
    completed: MESSAGES - 1,
    dead: 1,
    retried: 1,
    lost: 0,
    uncertain: 0,
    requests: requests() - sending,
  });
  const once = [...Array(MESSAGES).keys(), FAILS_ONCE].sort((a, b) => a - b);
  expect(runs.sort((a, b) => a - b)).toEqual(once);
  const whole = workQueue(faultyStore(redis, () => undefined).store, queue.name);
  expect(await whole.depth()).toEqual({ ...EMPTY, dead: 1 });
  expect(await queue.deadLetters.list()).toMatchObject([{ payload: { n: REJECTED } }]);
  expect(await consumersOf(redis, queue.name)).toEqual(["xd:suspects"]);
  return requests();
}

test("every request lost, one at a time, changes nothing else", async () => {
  const whole = await unharmed(() => undefined);
  for (let lost = 1; lost <= whole; lost += 1) {
    await unharmed((request) => (request === lost ? "request lost" : undefined));
  }
});

test("every response lost after execution, one at a time, repeats no handler and loses nothing", async () => {
  const whole = await unharmed(() => undefined);
  for (let lost = 1; lost <= whole; lost += 1) {
    await unharmed((request) => (request === lost ? "response lost" : undefined));
  }
});

test("each response lost at its first time repeats no handler and loses nothing", async () => {
  await unharmed((request) => (request % 2 === 1 ? "response lost" : undefined));
});

test("a store that is gone in the middle ends the pass with a report, and nothing is lost", async () => {
  let gone = false;
  const { store } = faultyStore(redis, () => (gone ? "request lost" : undefined));
  const queue = workQueue(store, uniqueName());
  await sendWork(queue);
  const runs: number[] = [];
  const report = await drainWork(queue, (message) => {
    runs.push(message.payload.n);
    gone = true;
  });
  expect(report).toMatchObject({ stopped: "store", completed: 0, more: true, uncertain: 4 });
  expect(report.error).toMatchObject({ code: "store_unavailable", uncertain: true });
  expect(await redis.xlen(queue.name)).toBe(MESSAGES);
});

test("a store that is gone from the start makes the pass throw", async () => {
  const { store, requests } = faultyStore(redis, () => "request lost");
  const queue = workQueue(store, uniqueName());
  await expect(drainWork(queue, () => {})).rejects.toMatchObject({ code: "store_unavailable" });
  expect(requests()).toBe(3);
});

serverTest(
  "a script flush before every turn costs a second request, and nothing else",
  async () => {
    const server = await privateRedis();
    const own = connectRaw(server.url);
    const { store } = faultyStore(own, () => undefined);
    const flushing = {
      ...store,
      turn: async (...args: Parameters<typeof store.turn>) => {
        await own.script("FLUSH");
        return store.turn(...args);
      },
    };
    const queue = workQueue(flushing, uniqueName());
    await sendWork(queue);
    const report = await drainWork(
      queue,
      workHandler(() => {}),
    );
    expect(report).toMatchObject({ completed: MESSAGES - 1, dead: 1, lost: 0, uncertain: 0 });
    expect(report.requests).toBe(2 * report.turns);
    own.disconnect();
  },
);
