import { expect } from "vitest";
import { drain } from "../../src/index.ts";
import { inspect } from "../../src/inspect/index.ts";
import { seedTest, startProgram } from "./hands.ts";
import { type Entry, GROUP, openShop, orders, untilBlocked } from "./shop.ts";

// Programs that read without a group, or only look: Redis keeps nothing for them, so they see what is in
// the stream when they ask.

interface Followed {
  readonly entries: readonly Entry[];
  readonly last: string;
}

const idsOf = (entries: readonly Entry[]) => entries.map(([id]) => id);

seedTest(
  "an XREAD reader gets what comes while it waits, and nothing of what is drained",
  async (hand) => {
    const { redis, stream, queue } = await openShop();
    const reader = startProgram(hand);
    const waiting = reader.run<Followed>("follow", { stream, block: 0 });
    await untilBlocked(redis, reader.name);
    const [first] = await queue.sendBatch(orders(1).map((payload) => ({ payload })));
    const live = await waiting;
    expect(idsOf(live.entries)).toEqual([first?.id]);

    for (const order of orders(4, 1)) await queue.send(order);
    expect(await drain(queue, () => {})).toMatchObject({ completed: 5 });
    const after = await reader.run<Followed>("follow", { stream, lastId: live.last });
    expect(after, "four were done and deleted in between").toEqual({
      entries: [],
      last: live.last,
    });
  },
);

seedTest("with retention an XREAD reader gets what is done as well", async (hand) => {
  const { stream, queue } = await openShop({ retention: { age: "1 d" } });
  const reader = startProgram(hand);
  const ids = await reader.run<string[]>("produce", { stream, orders: orders(5) });
  expect(await drain(queue, () => {})).toMatchObject({ completed: 5 });
  const { entries } = await reader.run<Followed>("follow", { stream, lastId: ids[0] });
  expect(idsOf(entries)).toEqual(ids.slice(1));
  expect(entries[0]?.[1]).toMatchObject({ order_id: "ord_1", total: "99.99" });
  expect(await queue.depth()).toMatchObject({ entries: 5, inFlight: 0, parked: 0 });
});

seedTest(
  "an activity feed shows its newest entries while a queue works on all of them",
  async (hand) => {
    const { stream, queue } = await openShop({ retention: { count: 1_000 } });
    const site = startProgram(hand);
    const ids = await site.run<string[]>("produce", { stream, orders: orders(30), maxlen: 1_000 });
    const seen: string[] = [];
    await drain(queue, ({ id }) => seen.push(id), { maxMessages: 20, concurrency: 1 });
    expect(idsOf(await site.run("latest", { stream, count: 10 }))).toEqual(ids.slice(20).reverse());
    await drain(queue, ({ id }) => seen.push(id));
    expect(seen).toEqual(ids);
    expect(idsOf(await site.run("latest", { stream, count: 10 }))).toEqual(ids.slice(20).reverse());
    const page = await site.run<Entry[]>("range", { stream, first: ids[3], last: ids[6] });
    expect(idsOf(page)).toEqual(ids.slice(3, 7));
  },
);

seedTest("without retention an activity feed shows what is not done yet", async (hand) => {
  const { stream, queue } = await openShop();
  const site = startProgram(hand);
  const ids = await site.run<string[]>("produce", { stream, orders: orders(30), maxlen: 1_000 });
  await drain(queue, () => {}, { maxMessages: 25 });
  expect(idsOf(await site.run("latest", { stream, count: 10 }))).toEqual(ids.slice(25).reverse());
});

seedTest("XPENDING shows what a pass has in flight, by consumer and by range", async (hand) => {
  const { stream, queue } = await openShop();
  const [worker, monitor] = [startProgram(hand), startProgram(hand)];
  const ids = await monitor.run<string[]>("produce", { stream, orders: orders(6) });
  void worker
    .run("work", { streams: [stream], group: GROUP, name: "pod-1", count: 2, hangAt: "ord_0" })
    .catch(() => {}); // it ends with the test
  await worker.event();
  const look = (range = {}) => monitor.run("pending", { stream, group: GROUP, ...range });
  let looked = false;
  await drain(queue, async () => {
    if (looked) return;
    looked = true;
    const { items } = await inspect(queue).pending();
    const ours = items.filter(({ consumer }) => consumer !== "pod-1");
    const [{ consumer } = { consumer: "" }] = ours;
    expect(consumer).toMatch(/^xd:/);
    const inFlight = (range: readonly string[], owner: string) =>
      range.map((id) => ({ id, consumer: owner, deliveries: 1 }));
    const all = { total: 6, consumers: { "pod-1": 2, [consumer]: 4 } };
    expect(await look()).toEqual({
      ...all,
      entries: [...inFlight(ids.slice(0, 2), "pod-1"), ...inFlight(ids.slice(2), consumer)],
    });
    const mine = await look({ consumer });
    expect(mine).toEqual({ ...all, entries: inFlight(ids.slice(2), consumer) });
    const some = await look({ consumer, first: ids[3], last: ids[4] });
    expect(some).toEqual({ ...all, entries: inFlight(ids.slice(3, 5), consumer) });
    expect(ours.map(({ id }) => id)).toEqual(ids.slice(2));
  });
  expect(looked).toBe(true);
  expect(await look()).toMatchObject({ total: 2, consumers: { "pod-1": 2 } });
});
