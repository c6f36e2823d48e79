import { describe, expect } from "vitest";
import { createQueue, drain, Reject, Retry } from "../../src/index.ts";
import { EMPTY } from "../support/depth.ts";
import { serverTest, uniqueName } from "../support/redis.ts";
import { openStore, TRANSPORTS } from "../transports/stores.ts";
import { addPlain, idsOf, otherProgram, readGroup, redisCli } from "./foreign.ts";

describe.each(TRANSPORTS)("over %s", (transport) => {
  serverTest(
    "what redis-cli adds is handled, retried, given up and sent again like any message",
    async () => {
      const store = await openStore(transport);
      const queue = createQueue<Record<string, string>>({ name: uniqueName("orders"), store });
      const order = { user_id: "1001", item: "iPhone 15", status: "pending" };
      const id = redisCli(
        ...["XADD", queue.name, "*", "user_id", "1001", "item", "iPhone 15", "status", "pending"],
      );
      expect(id).toMatch(/^\d+-\d+$/);

      const first = await drain(
        queue,
        (message) => {
          expect(message).toMatchObject({ id, payload: order, deliveries: 1, failures: 0 });
          expect(message.sentAt.getTime()).toBe(Number(id.split("-")[0]));
          throw new Retry(0);
        },
        { maxMessages: 1 },
      );
      expect(first).toMatchObject({ retried: 1, completed: 0 });
      const second = await drain(queue, (message) => {
        expect(message).toMatchObject({ id, payload: order, deliveries: 2, failures: 1 });
        throw new Reject("no stock");
      });
      expect(second).toMatchObject({ dead: 1 });
      const [dead] = await queue.deadLetters.list();
      expect(dead).toMatchObject({ originalId: id, payload: order, reason: "rejected" });

      const [again] = await queue.deadLetters.redrive([dead?.id ?? ""]);
      const seen: unknown[] = [];
      const third = await drain(queue, (message) => seen.push([message.id, message.payload]));
      expect(third).toMatchObject({ completed: 1 });
      expect(seen).toEqual([[again, order]]);
      expect(await queue.depth()).toEqual(EMPTY);
    },
  );
});

serverTest("what was added before any pass made the group is not skipped", async () => {
  const queue = createQueue({ name: uniqueName(), store: await openStore("tcp") });
  const ids = await addPlain(otherProgram(), queue.name, 3);
  const seen: string[] = [];
  await drain(queue, (message) => seen.push(message.id));
  expect(seen).toEqual(ids);
});

serverTest(
  "a producer's XADD MAXLEN over a backlog is told: payloads in flight or parked exactly, unread ones once",
  async () => {
    const queue = createQueue({ name: uniqueName(), store: await openStore("tcp") });
    const redis = otherProgram();
    await drain(queue, () => {});
    await addPlain(redis, queue.name, 15_000);
    const inFlight = await readGroup(redis, queue.name, "plain", 60);
    expect(inFlight).toHaveLength(60);
    const failing = await drain(
      queue,
      () => {
        throw new Retry(0);
      },
      { maxMessages: 300, batch: 300 },
    );
    expect(failing).toMatchObject({ retried: 300 });

    redisCli("XADD", queue.name, "MAXLEN", "~", "10000", "*", "n", "last");
    const left = await idsOf(redis, queue.name);
    expect(left.length).toBeLessThan(10_200);
    const trimmedUnread = 15_001 - 360 - left.length;

    // Opens the gate of the sweep, which would wait for fifteen seconds.
    await redis.hdel(`{${queue.name}}:xd:${queue.name}:xdrain:state`, "next");
    const seen: string[] = [];
    let lostPayloads = 0;
    const flagged: number[] = [];
    const pending = async () => ((await redis.xpending(queue.name, "xdrain")) as unknown[])[0];
    do {
      const report = await drain(queue, (message) => seen.push(message.id));
      expect(report).toMatchObject({ lost: 0, dead: 0, retried: 0, uncertain: 0 });
      lostPayloads += report.lostPayloads;
      if (report.trimmedUnread > 0) flagged.push(report.trimmedUnread);
    } while ((await pending()) !== 0);
    expect(lostPayloads).toBe(360);
    expect(seen).toEqual(left);
    expect(flagged).toHaveLength(1);
    expect(flagged[0]).toBeGreaterThan(0);
    expect(flagged[0]).toBeLessThanOrEqual(trimmedUnread);

    const after = await drain(queue, () => expect.fail("nothing is left"));
    expect(after).toMatchObject({ lostPayloads: 0, trimmedUnread: 0 });
    expect(await queue.depth()).toEqual(EMPTY);

    await addPlain(redis, queue.name, 300);
    redisCli("XTRIM", queue.name, "MAXLEN", "100");
    const again = await drain(queue, () => {});
    expect(again).toMatchObject({ completed: 100, lostPayloads: 0, trimmedUnread: 200 });
  },
);

serverTest(
  "unread messages that somebody deletes are told once, and the rest is handled",
  async () => {
    const queue = createQueue({ name: uniqueName(), store: await openStore("tcp") });
    const redis = otherProgram();
    await drain(queue, () => {});
    const ids = await addPlain(redis, queue.name, 30);
    await drain(queue, () => {}, { maxMessages: 10 });
    await redis.xdel(queue.name, ...ids.slice(15, 20));
    const seen: string[] = [];
    const report = await drain(queue, (message) => seen.push(message.id));
    expect(report).toMatchObject({ completed: 15, trimmedUnread: 5, lostPayloads: 0 });
    expect(seen).toEqual([...ids.slice(10, 15), ...ids.slice(20)]);
    await addPlain(redis, queue.name, 5);
    const after = await drain(queue, () => {});
    expect(after).toMatchObject({ completed: 5, trimmedUnread: 0, lostPayloads: 0 });
  },
);

serverTest("a field of a plain producer can be the idempotency key", async () => {
  const store = await openStore("tcp");
  const name = uniqueName("orders");
  const queue = createQueue({ name, store, idempotencyField: "order_id" });
  for (const item of ["first", "again"]) {
    redisCli("XADD", name, "*", "order_id", "ord 123", "item", item);
  }
  const seen: unknown[] = [];
  const handler = (message: { payload: unknown; idempotencyKey: string | undefined }) =>
    seen.push([message.idempotencyKey, message.payload]);
  const report = await drain(queue, handler);
  expect(report).toMatchObject({ completed: 1, deferred: 1, duplicates: 1 });
  expect(seen).toEqual([["ord 123", { order_id: "ord 123", item: "first" }]]);
  expect(await queue.depth()).toEqual(EMPTY);
});
