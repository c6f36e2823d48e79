import type { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drain, type Handler } from "../../src/index.ts";
import { trim } from "../../src/inspect/index.ts";
import { connectRaw } from "../support/redis.ts";
import { tcpQueue } from "../support/stores.ts";
import { letTimePass } from "../support/time-travel.ts";

// Keys of ours that vanish: an eviction where there should be none, a mistaken DEL.

let redis: Redis;
beforeAll(() => {
  redis = connectRaw();
});
afterAll(() => redis.disconnect());

const keyOf = (queue: { name: string }, what: string) =>
  `{${queue.name}}:xd:${queue.name}:xdrain:${what}`;

function numbers(count: number) {
  return Array.from({ length: count }, (_, n) => ({ payload: n }));
}

test("messages whose set was lost are found by the next pass, and run when they are due", async () => {
  const queue = tcpQueue<number>({ backoff: { initial: "1 h" } });
  await queue.sendBatch(numbers(20));
  await drain(queue, () => {
    throw new Error("later");
  });
  await redis.del(keyOf(queue, "parked"));
  expect(await drain(queue, () => {})).toMatchObject({ trimmed: 0, repaired: 20, completed: 0 });
  expect(await drain(queue, () => {})).toMatchObject({ trimmed: 0, repaired: 0, completed: 0 });
  await letTimePass(redis, queue.name, 3_600_000);
  expect(await drain(queue, () => {})).toMatchObject({ trimmed: 0, repaired: 0, completed: 20 });
  expect(await queue.depth()).toMatchObject({ entries: 0, parked: 0 });
});

test("a plain consumer beside us does not make the trim take lost messages for its own", async () => {
  const queue = tcpQueue<number>({ backoff: { initial: "1 h" } });
  await queue.sendBatch(numbers(20));
  const args = ["GROUP", "xdrain", "plain", "COUNT", "5", "STREAMS", queue.name, ">"];
  await drain(queue, () => {}, { maxMessages: 1 });
  const [[, read]] = (await redis.call("XREADGROUP", ...args)) as [[string, [string][]]];
  await redis.xack(queue.name, "xdrain", ...read.map(([id]) => id));
  expect(await drain(queue, () => Promise.reject(new Error("later")))).toMatchObject({
    retried: 14,
    trimmed: 5,
  });
  await redis.del(keyOf(queue, "parked"));
  expect(await drain(queue, () => {})).toMatchObject({ trimmed: 0, repaired: 14 });
  await letTimePass(redis, queue.name, 3_600_000);
  expect(await drain(queue, () => {})).toMatchObject({ completed: 14 });
});

test("a replay from the first entry brings back what a shared queue lost, and lets it trim again", async () => {
  const queue = tcpQueue<number>({ shared: true, backoff: { initial: "1 h" } });
  await queue.sendBatch(numbers(4));
  const pass = (handler: Handler<number>) => drain(queue, handler, { concurrency: 1 });
  await pass(({ payload }) => (payload === 0 ? undefined : Promise.reject(new Error("later"))));
  expect(await queue.depth()).toMatchObject({ entries: 3, parked: 3 });
  await redis.del(keyOf(queue, "parked"));
  const lost = { removed: 0, left: 3, heldBy: { reason: "orphans", group: "xdrain" } };
  expect(await trim(queue)).toMatchObject(lost);
  const [[first = ""] = []] = await redis.xrange(queue.name, "-", "+", "COUNT", 1);
  await queue.replay({ from: first as `${number}-${number}` });
  expect(await trim(queue)).toMatchObject(lost); // the first one is still out of sight
  await queue.replay({ from: "0" });
  expect(await trim(queue)).toMatchObject({ removed: 0, heldBy: { reason: "unread" } });
  expect(await pass(() => {})).toMatchObject({ completed: 3, trimmed: 3 });
});

test("without its state hash a queue goes on as before", async () => {
  const queue = tcpQueue<number>({ backoff: { initial: 0 } });
  await queue.sendBatch(numbers(50));
  await drain(queue, () => {}, { maxMessages: 10 });
  await redis.del(keyOf(queue, "state"));
  expect(await drain(queue, () => {})).toMatchObject({ completed: 40, lost: 0 });
});

test("delayed messages whose due times were lost are found by a repair, and come when they are due", async () => {
  const queue = tcpQueue<number>();
  const [first] = await queue.sendBatch([
    { payload: 1, delay: "1 h" },
    { payload: 2, delay: 1 },
  ]);
  await redis.del(`{${queue.name}}:xd:${queue.name}::delayed`);
  expect(await queue.depth()).toMatchObject({ delayed: 0 });
  await drain(queue, () => {});
  await queue.repair();
  expect(await queue.depth()).toMatchObject({ delayed: 2 });
  const seen: number[] = [];
  await drain(queue, ({ payload }) => void seen.push(payload));
  expect(seen).toEqual([2]);
  expect(await queue.cancel(first?.id ?? "")).toBe(true);
});
