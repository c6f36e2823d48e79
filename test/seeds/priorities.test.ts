import { expect, inject, onTestFinished } from "vitest";
import { createQueue, drain } from "../../src/index.ts";
import { systemClock } from "../../src/redis/clock.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { EMPTY } from "../support/depth.ts";
import { uniqueName } from "../support/redis.ts";
import { seedTest, startProgram } from "./hands.ts";
import { GROUP, type Order, orders, type Worked } from "./shop.ts";

/** Three streams by priority; no turn begins with a later one, as one in ten would by chance. */
function openLevels() {
  const clock = { ...systemClock, random: () => 0.5 };
  const store = ioredis({ url: inject("redisUrl"), clock });
  onTestFinished(() => store.close());
  const name = uniqueName("orders");
  const open = (level: string) =>
    createQueue<Order>({ name: `${name}:${level}`, store, group: GROUP, codec: "fields" });
  return [open("high"), open("normal"), open("low")] as const;
}

for (const [how, inTurn] of [
  ["in one XREADGROUP", false],
  ["one after the other", true],
] as const) {
  seedTest(
    `orders of three streams by priority: a pass takes the highest, a worker that reads them ${how} the rest`,
    async (hand) => {
      const queues = openLevels();
      const [high, normal, low] = queues;
      const [producer, worker] = [startProgram(hand), startProgram(hand)];
      for (const [place, { name }] of [...queues.entries()].reverse()) {
        await producer.run("produce", { stream: name, orders: orders(6, place * 6) });
      }
      const seen: string[] = [];
      const handler = ({ payload }: { readonly payload: { readonly order_id: string } }) =>
        seen.push(payload.order_id);
      const first = await drain(queues, handler, { maxMessages: 8, batch: 8, concurrency: 1 });
      expect(first.queues?.map(({ completed }) => completed)).toEqual([6, 2, 0]);
      expect(seen).toEqual(orders(8).map(({ order_id }) => order_id));

      const streams = queues.map(({ name }) => name);
      const { done } = await worker.run<Worked>("work", {
        ...{ streams, group: GROUP, name: "w", count: 2, limit: 4, inTurn },
      });
      const levels = done.map(({ stream }) => stream);
      expect(levels).toEqual(
        inTurn ? Array(4).fill(normal.name) : [normal.name, normal.name, low.name, low.name],
      );
      await producer.run("produce", { stream: high.name, orders: orders(1, 18) });
      const rest = await drain(queues, handler, { concurrency: 1 });
      expect(rest.queues?.map(({ completed }) => completed)).toEqual(
        inTurn ? [1, 0, 6] : [1, 2, 4],
      );
      for (const queue of queues) expect(await queue.depth()).toEqual(EMPTY);
    },
  );
}
