import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, inject, onTestFinished } from "vitest";
import { drain } from "../../src/index.ts";
import { EMPTY } from "../support/depth.ts";
import { consumersOf } from "../support/leftovers.ts";
import { letTimePass } from "../support/time-travel.ts";
import { TRANSPORTS } from "../transports/stores.ts";
import { seedTest, startProgram } from "./hands.ts";
import { GROUP, openShop, orders, type Worked } from "./shop.ts";

// Hand-written workers and passes in one consumer group: Redis gives each entry to one of them.

const LEASE_MS = 60_000;
const NOTHING_LOST = { lost: 0, dead: 0, lostPayloads: 0, trimmedUnread: 0, repaired: 0 };
const idsOf = (orders: readonly { readonly order_id?: string }[]) =>
  orders.map(({ order_id }) => order_id).sort();

describe.each(TRANSPORTS)("over %s", (transport) => {
  seedTest("a producer, a worker and passes at once: each order is done once", async (hand) => {
    const { redis, stream, queue } = await openShop({}, transport);
    const [producer, worker] = [startProgram(hand), startProgram(hand)];
    const [waiting, sent, produced] = [orders(60), orders(60, 100), orders(60, 200)];
    await producer.run("produce", { stream, orders: waiting });
    let working: Promise<Worked> | undefined;
    let producing: Promise<unknown> | undefined;
    const ours: string[] = [];
    const pass = async () => {
      const report = await drain(
        queue,
        async ({ payload }) => {
          // Both have messages: the worker begins while this pass holds ten of sixty.
          working ??= worker.run("work", {
            streams: [stream],
            group: GROUP,
            name: "w",
            untilTold: true,
          });
          if (producing === undefined) {
            producing = producer.run("produce", { stream, orders: produced });
            await worker.event();
          }
          ours.push(payload.order_id);
        },
        { maxMessages: 20, batch: 10 },
      );
      expect(report).toMatchObject(NOTHING_LOST);
      return report.more;
    };
    await pass();
    for (const order of sent) await queue.send(order);
    await producing;
    while (await pass());
    worker.tell();
    const { done, tries } = (await working) as Worked;
    const last = await drain(queue, ({ payload }) => ours.push(payload.order_id));
    expect(last).toMatchObject(NOTHING_LOST);

    expect(ours.length).toBeGreaterThanOrEqual(10);
    expect(done.length).toBeGreaterThan(0);
    const all = [...waiting, ...sent, ...produced];
    expect([...ours, ...idsOf(tries)].sort()).toEqual(idsOf(all));
    expect(await queue.depth()).toEqual(EMPTY);
    expect(await consumersOf(redis, stream, GROUP)).toEqual(["w", "xd:suspects"]);
  });
});

seedTest("what the queue sends as fields a worker reads, does and acknowledges", async (hand) => {
  const { stream, queue } = await openShop();
  const worker = startProgram(hand);
  for (const order of orders(2)) {
    await queue.send(order, order.order_id === "ord_1" ? { idempotencyKey: "ord_1" } : {});
  }
  const settings = { streams: [stream], group: GROUP, name: "w" };
  const { done, tries } = await worker.run<Worked>("work", settings);
  const read = { item: "iPhone 15", total: 99.99 };
  expect(done).toMatchObject([read, read]);
  const [first, second] = orders(2).map((order) => ({ ...order, total: "99.99" }));
  expect(tries, "the key is a field beside theirs").toEqual([
    first,
    { "xd:k": "ord_1", ...second },
  ]);
  expect(await drain(queue, () => expect.fail("done"))).toMatchObject({ trimmed: 2 });
  expect(await queue.depth()).toEqual(EMPTY);
});

seedTest("what a killed worker held is drained after the lease, and once", async (hand) => {
  const { redis, stream, queue } = await openShop();
  const [producer, worker] = [startProgram(hand), startProgram(hand)];
  const ids = await producer.run<string[]>("produce", { stream, orders: orders(8) });
  const crashed = expect(
    worker.run("work", { streams: [stream], group: GROUP, name: "w", count: 5, hangAt: "ord_2" }),
  ).rejects.toThrow("ended");
  expect(await worker.event()).toEqual({ settled: ids[0] });
  expect(await worker.event()).toEqual({ settled: ids[1] });
  expect(await worker.event()).toEqual({ hangs: ids[2] });
  const seen: [string, number][] = [];
  const look = () => drain(queue, ({ id, deliveries }) => seen.push([id, deliveries]));
  expect(await look(), "the rest is its own").toMatchObject({ completed: 3 });
  await worker.kill();
  await crashed;
  await letTimePass(redis, stream, LEASE_MS + 1, GROUP);
  expect(await look()).toMatchObject({ ...NOTHING_LOST, reclaimed: 3, completed: 3 });
  expect(seen).toEqual([5, 6, 7, 2, 3, 4].map((n) => [ids[n], n < 5 ? 2 : 1]));
  expect(await redis.xack(stream, GROUP, ...ids), "too late").toBe(0);
  expect(await queue.depth()).toEqual(EMPTY);
  expect(await consumersOf(redis, stream, GROUP), "its own stays").toEqual(["w", "xd:suspects"]);
});

seedTest("what a killed pass held a worker claims when it is idle, and once", async (hand) => {
  const { redis, stream, queue } = await openShop();
  const worker = startProgram(hand);
  for (const order of orders(5)) await queue.send(order);
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "drain.child.ts"), inject("redisUrl"), stream, GROUP, "3"],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const [said] = await Promise.race([once(child.stdout, "data"), once(child, "close")]);
  expect(String(said)).toBe("holding\n");
  const settings = { streams: [stream], group: GROUP, name: "w" };
  const rest = await worker.run<Worked>("work", settings);
  expect(idsOf(rest.tries)).toEqual(["ord_3", "ord_4"]);
  child.kill("SIGKILL");
  await once(child, "close");
  await letTimePass(redis, stream, LEASE_MS + 1, GROUP);
  const { tries } = await worker.run<Worked>("work", settings);
  expect(idsOf(tries)).toEqual(["ord_0", "ord_1", "ord_2"]);
  expect(await drain(queue, () => expect.fail("done"))).toMatchObject(NOTHING_LOST);
  expect(await queue.depth()).toEqual(EMPTY);
});
