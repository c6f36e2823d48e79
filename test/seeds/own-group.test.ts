import { expect } from "vitest";
import { drain } from "../../src/index.ts";
import { EMPTY } from "../support/depth.ts";
import { seedTest, startProgram } from "./hands.ts";
import { GROUP, openShop, orders, type Worked } from "./shop.ts";

// Workers in a group of their own: both groups get every message.

const NEITHER = { lostPayloads: 0, trimmedUnread: 0 };

seedTest("both groups get every order, and none goes before both have it", async (hand) => {
  const { redis, stream, queue } = await openShop({ shared: true });
  const worker = startProgram(hand);
  const settings = { streams: [stream], group: "billing", name: "w" };
  await worker.run("work", settings);
  const ids = await worker.run<string[]>("produce", { stream, orders: orders(20) });
  for (const order of orders(10, 20)) ids.push((await queue.send(order)).id);

  const seen: string[] = [];
  const look = () => drain(queue, ({ id }) => seen.push(id));
  expect(await look()).toMatchObject({ completed: 30, otherGroups: ["billing"], trimmed: 0 });
  expect(seen).toEqual(ids);
  expect(await redis.xlen(stream), "billing has read nothing").toBe(30);

  const first = await worker.run<Worked>("work", { ...settings, count: 5, limit: 15 });
  expect(await look()).toMatchObject({ completed: 0, trimmed: 15, ...NEITHER });
  const rest = await worker.run<Worked>("work", settings);
  expect([...first.done, ...rest.done].map(({ id }) => id)).toEqual(ids);
  expect(await look()).toMatchObject({ completed: 0, trimmed: 15, ...NEITHER });
  expect(await queue.depth()).toEqual(EMPTY);
});

// What to learn: MAXLEN removes the oldest entries whether or not anybody has read them. The report counts what passes
// missed (`trimmedUnread`: no pass had it; `lostPayloads`: it was in flight or waited for a retry), but nobody can
// bring it back, and the other group gets no report at all. Redis counts from the first entry that a group reads, so a
// loss before that is in no report. Take MAXLEN off the producers of a queue, and bound what stays with `retention`.
seedTest("what a producer's MAXLEN took before a pass read it is in the report", async (hand) => {
  const { redis, stream, queue } = await openShop({ shared: true });
  const [producer, worker] = [startProgram(hand), startProgram(hand)];
  const settings = { streams: [stream], group: "billing", name: "w" };
  await producer.run("produce", { stream, orders: orders(1, 400) });
  await worker.run("work", settings);
  expect(await drain(queue, () => {})).toMatchObject({ completed: 1 });
  await producer.run("produce", { stream, orders: orders(60) });
  await worker.run("work", { ...settings, limit: 60 });
  await producer.run("produce", { stream, orders: orders(340, 60), maxlen: 100 });
  const left = await redis.xlen(stream);
  expect(left).toBeLessThan(400);
  const report = await drain(queue, () => {});
  expect(report).toMatchObject({ completed: left, lostPayloads: 0, trimmedUnread: 400 - left });
  const { done } = await worker.run<Worked>("work", settings);
  expect(done, "the other group misses them, and has no report").toHaveLength(left);
  expect(await drain(queue, () => {})).toMatchObject({ ...NEITHER, trimmed: left });
});

seedTest("what an exact trim, or one by age, took from a worker is in the report", async (hand) => {
  const { redis, stream, queue } = await openShop();
  const [producer, worker] = [startProgram(hand), startProgram(hand)];
  const ids = await producer.run<string[]>("produce", { stream, orders: orders(30) });
  const crashed = expect(
    worker.run("work", { streams: [stream], group: GROUP, name: "w", count: 5, hangAt: "ord_1" }),
  ).rejects.toThrow("ended");
  await worker.event();
  await worker.event();
  await worker.kill();
  await crashed;
  // One is done, four are pending for the dead worker, 25 nobody has read.
  const approximately = { stream, maxlen: 20, approximate: true };
  expect(await producer.run("trim", approximately), "less than a node of the stream").toBe(0);
  expect(await producer.run("trim", { stream, maxlen: 20 })).toBe(10);
  expect(await producer.run("trim", { stream, minid: ids[12] })).toBe(2);
  const report = await drain(queue, () => {});
  expect(report).toMatchObject({ completed: 18, lostPayloads: 4, trimmedUnread: 7 });
  expect(await redis.xlen(stream)).toBe(0);
});
