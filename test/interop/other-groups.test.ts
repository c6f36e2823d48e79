import { describe, expect } from "vitest";
import { createQueue, drain, Retry } from "../../src/index.ts";
import { serverTest, uniqueName } from "../support/redis.ts";
import { letTimePass } from "../support/time-travel.ts";
import { openStore, TRANSPORTS } from "../transports/stores.ts";
import { addPlain, idsOf, otherProgram, readGroup } from "./foreign.ts";

describe.each(TRANSPORTS)("over %s", (transport) => {
  serverTest("what another group has not read stays, and goes once it has", async () => {
    const queue = createQueue({ name: uniqueName(), store: await openStore(transport) });
    const redis = otherProgram();
    await redis.xgroup("CREATE", queue.name, "billing", "0", "MKSTREAM");
    const ids = await addPlain(redis, queue.name, 250);
    const first = await drain(queue, () => {});
    expect(first).toMatchObject({ completed: 250, otherGroups: ["billing"], trimmed: 0 });
    expect(await idsOf(redis, queue.name)).toEqual(ids);

    const read = await readGroup(redis, queue.name, "clerk", 100, "billing");
    await redis.xack(queue.name, "billing", ...read.slice(1).map(([id]) => id));
    expect(await drain(queue, () => expect.fail("done"))).toMatchObject({ claimed: 0 });
    expect(await idsOf(redis, queue.name), "the first is in flight there").toEqual(ids);

    await redis.xack(queue.name, "billing", read[0]?.[0] ?? "");
    for (const entry of await readGroup(redis, queue.name, "clerk", 1_000, "billing")) {
      await redis.xack(queue.name, "billing", entry[0]);
    }
    expect(await drain(queue, () => expect.fail("done"))).toMatchObject({ trimmed: 250 });
    expect(await redis.xlen(queue.name)).toBe(0);
  });
});

serverTest("a group that appears later finds everything that was not completed then", async () => {
  const queue = createQueue({ name: uniqueName(), store: await openStore("tcp") });
  const redis = otherProgram();
  await queue.sendBatch(Array.from({ length: 30 }, (_, n) => ({ payload: n })));
  const alone = await drain(queue, () => {}, { maxMessages: 10 });
  expect(alone).toMatchObject({ completed: 10, otherGroups: [] });
  const left = await idsOf(redis, queue.name);
  expect(left).toHaveLength(20);

  await redis.xgroup("CREATE", queue.name, "audit", "0");
  const beside = await drain(queue, () => {});
  expect(beside).toMatchObject({ completed: 20, otherGroups: ["audit"], trimmed: 0 });
  const read = await readGroup(redis, queue.name, "clerk", 100, "audit");
  expect(read.map(([id]) => id)).toEqual(left);
});

serverTest("when the other group is gone, completed entries go too", async () => {
  const queue = createQueue({ name: uniqueName(), store: await openStore("tcp") });
  const redis = otherProgram();
  await redis.xgroup("CREATE", queue.name, "audit", "0", "MKSTREAM");
  await queue.sendBatch(Array.from({ length: 20 }, (_, n) => ({ payload: n })));
  await drain(queue, () => {});
  expect(await redis.xlen(queue.name)).toBe(20);
  await redis.xgroup("DESTROY", queue.name, "audit");
  expect(await drain(queue, () => {})).toMatchObject({ otherGroups: [], trimmed: 20 });
  expect(await redis.xlen(queue.name)).toBe(0);
});

serverTest("of two queues on one stream, what one has parked the other does not trim", async () => {
  const store = await openStore("tcp");
  const stream = uniqueName();
  const redis = otherProgram();
  const mail = createQueue<number>({ name: stream, store, group: "mail" });
  const stock = createQueue<number>({ name: stream, store, group: "stock" });
  await drain(mail, () => {});
  await drain(stock, () => {});
  const sent = await mail.sendBatch(Array.from({ length: 10 }, (_, n) => ({ payload: n })));
  const ids = sent.map(({ id }) => id);

  const failing = await drain(
    mail,
    (message) => {
      if (message.payload === 3) throw new Retry(0);
    },
    { maxMessages: 10 },
  );
  expect(failing).toMatchObject({ completed: 9, retried: 1, otherGroups: ["stock"], trimmed: 0 });
  const other = await drain(stock, () => {});
  expect(other).toMatchObject({ completed: 10, otherGroups: ["mail"], trimmed: 3 });
  expect(await idsOf(redis, stream), "the parked one holds the floor").toEqual(ids.slice(3));

  const seen: number[] = [];
  const last = await drain(mail, (message) => seen.push(message.payload));
  expect(seen).toEqual([3]);
  expect(last).toMatchObject({ completed: 1, lostPayloads: 0, trimmed: 7 });
  expect(await redis.xlen(stream)).toBe(0);
});

serverTest("a group that appears during a pass loses nothing that it has parked", async () => {
  const store = await openStore("tcp");
  const stream = uniqueName();
  const mail = createQueue<number>({ name: stream, store, group: "mail", shared: true });
  const stock = createQueue<number>({ name: stream, store, group: "stock" });
  await mail.sendBatch(Array.from({ length: 5 }, (_, n) => ({ payload: n })));
  const report = await drain(
    mail,
    async (message) => {
      if (message.payload !== 4) return;
      const other = await drain(stock, () => {
        throw new Retry("1 h");
      });
      expect(other).toMatchObject({ retried: 5 });
    },
    { concurrency: 1 },
  );
  expect(report).toMatchObject({ completed: 5, retried: 0, trimmed: 0 });
  expect(await stock.depth()).toMatchObject({ entries: 5, parked: 5 });
  expect(await drain(mail, () => {})).toMatchObject({ trimmed: 0, otherGroups: ["stock"] });
  expect(await stock.depth()).toMatchObject({ entries: 5, parked: 5 });
});

serverTest("ids that a producer chose are compared as numbers", async () => {
  const store = await openStore("tcp");
  const redis = otherProgram();
  const ids = ["1-1", "9-0", "10-0", "100-0", "9007199254740993-1", "9007199254740993-10"];
  for (const parked of ["9-0", "9007199254740993-10"]) {
    const stream = uniqueName();
    for (const id of ids) await redis.xadd(stream, id, "n", "1");
    const mail = createQueue({ name: stream, store, group: "mail" });
    const stock = createQueue({ name: stream, store, group: "stock" });
    await redis.xgroup("CREATE", stream, "stock", "0");
    const failing = await drain(mail, (message) => {
      if (message.id === parked) throw new Retry("1 h");
    });
    expect(failing).toMatchObject({ completed: 5, retried: 1 });
    await drain(stock, () => {});
    expect(await idsOf(redis, stream)).toEqual(ids.slice(ids.indexOf(parked)));
    await letTimePass(redis, stream, 7_200_000, "mail");
    expect(await drain(mail, () => {})).toMatchObject({ completed: 1, lostPayloads: 0 });
    expect(await redis.xlen(stream)).toBe(0);
  }
});
