import type { Redis } from "ioredis";
import { describe, expect, onTestFinished } from "vitest";
import { createQueue, drain, type QueueOptions } from "../../src/index.ts";
import { connectRaw, serverTest, uniqueName } from "../support/redis.ts";
import { letTimePass } from "../support/time-travel.ts";
import { openStore, TRANSPORTS, type TransportName } from "../transports/stores.ts";
import { type HandWritten, handWritten } from "./hand-written.ts";

// A stream that hand-written workers serve (XREADGROUP, XACK, XAUTOCLAIM) is taken over in place: the
// same stream, the same group, while they still run.

const GROUP = "workers";
const LEASE_MS = 60_000;

async function open(transport: TransportName, options: Partial<QueueOptions> = {}) {
  const redis = connectRaw();
  onTestFinished(() => redis.disconnect());
  const stream = uniqueName("orders");
  await redis.xgroup("CREATE", stream, GROUP, "0", "MKSTREAM");
  const queue = createQueue<Record<string, string>>({
    name: "orders",
    stream,
    group: GROUP,
    codec: "fields",
    visibilityTimeout: LEASE_MS,
    store: await openStore(transport),
    ...options,
  });
  const worker = (name: string) => handWritten(redis, { stream, group: GROUP, name });
  return { redis, stream, queue, worker };
}

async function produce(redis: Redis, stream: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) ids.push(String(await redis.xadd(stream, "*", "order", n)));
  return ids;
}

async function consumersOf(redis: Redis, stream: string): Promise<Record<string, number>> {
  const list = (await redis.call("XINFO", "CONSUMERS", stream, GROUP)) as (string | number)[][];
  return Object.fromEntries(list.map((info) => [String(info[1]), Number(info[3])]));
}

describe.each(TRANSPORTS)("over %s", (transport) => {
  serverTest(
    "what dead workers held is reclaimed after the lease, what a live one holds stays with it",
    async () => {
      const { redis, stream, queue, worker } = await open(transport);
      const ids = await produce(redis, stream, 20);
      const [dead, alive] = [worker("dead"), worker("alive")];
      await dead.ack((await dead.read(5)).slice(0, 2));
      await letTimePass(redis, stream, LEASE_MS + 1, GROUP);
      const held = await alive.read(4);

      const seen: [string, Record<string, string>, number][] = [];
      const report = await drain(queue, ({ id, payload, deliveries }) => {
        seen.push([id, payload, deliveries]);
      });
      expect(report).toMatchObject({ reclaimed: 3, completed: 14, dead: 0, lost: 0, repaired: 0 });
      const expected = ids.map((id, n) => [id, { order: String(n) }, n < 5 ? 2 : 1]);
      expect(seen.sort()).toEqual([...expected.slice(2, 5), ...expected.slice(9)].sort());

      expect(await alive.ack(held)).toBe(4);
      const rest = await drain(queue, () => expect.fail("nothing is left"));
      expect(rest).toMatchObject({ claimed: 0, lostPayloads: 0, trimmedUnread: 0 });
      expect(await redis.xlen(stream)).toBe(0);
      expect(await consumersOf(redis, stream)).toEqual({ dead: 0, alive: 0, "xd:suspects": 0 });
    },
  );

  serverTest("workers, producers and passes at once: each entry is done once", async () => {
    const { redis, stream, queue, worker } = await open(transport);
    const ids = await produce(redis, stream, 200);
    const done: string[] = [];
    let producing = true;
    const producer = async () => {
      for (let i = 0; i < 10; i += 1) ids.push(...(await produce(redis, stream, 20)));
      producing = false;
    };
    const loop = async (name: string) => {
      const { read, steal, ack }: HandWritten = worker(name);
      while (producing || (await redis.xlen(stream)) > 0) {
        for (const id of [...(await steal(LEASE_MS)), ...(await read(7))]) {
          if ((await ack([id])) === 1) done.push(id);
        }
        if ((await redis.xpending(stream, GROUP))[0] === 0 && !producing) break;
      }
    };
    const passes = async () => {
      let more = true;
      while (producing || more) {
        const report = await drain(queue, ({ id }) => done.push(id), {
          maxMessages: 30,
          batch: 10,
        });
        expect(report).toMatchObject({ lost: 0, dead: 0, lostPayloads: 0, trimmedUnread: 0 });
        more = report.more;
      }
    };
    await Promise.all([producer(), loop("pod-1"), loop("pod-2"), passes()]);
    await drain(queue, ({ id }) => done.push(id));
    expect(done.sort()).toEqual(ids.sort());
    expect(await redis.xpending(stream, GROUP)).toEqual([0, null, null, null]);
  });
});

serverTest(
  "a worker that claims what a pass still holds takes it: the pass changes nothing",
  async () => {
    const { redis, stream, queue, worker } = await open("tcp");
    const ids = await produce(redis, stream, 3);
    const thief = worker("thief");
    let stolen: readonly string[] = [];
    const report = await drain(queue, async () => {
      if (stolen.length === 0) stolen = await thief.steal(0);
    });
    expect(stolen).toEqual(ids);
    expect(report).toMatchObject({ lost: 3, completed: 0 });
    expect(await thief.ack(ids)).toBe(3);
  },
);

serverTest("old workers read what the queue sends, with the fields that they know", async () => {
  const { redis, stream, queue, worker } = await open("tcp");
  await queue.send({ order: "1", item: "iPhone 15" }, { idempotencyKey: "k" });
  const [id] = await worker("pod-1").read(1);
  const [[, fields] = ["", []]] = await redis.xrange(stream, id ?? "", id ?? "");
  expect(fields).toEqual(["xd:k", "k", "order", "1", "item", "iPhone 15"]);
});

serverTest("consumers that nobody needs stay until their owner removes them", async () => {
  const { redis, stream, queue, worker } = await open("tcp");
  await produce(redis, stream, 2);
  await worker("gone").read(2);
  await letTimePass(redis, stream, LEASE_MS + 1, GROUP);
  await drain(queue, () => {});
  expect(await consumersOf(redis, stream)).toEqual({ gone: 0, "xd:suspects": 0 });
  await redis.xgroup("DELCONSUMER", stream, GROUP, "gone");
  await produce(redis, stream, 1);
  expect(await drain(queue, () => {})).toMatchObject({ completed: 1, repaired: 0 });
  expect(await consumersOf(redis, stream)).toEqual({ "xd:suspects": 0 });
});

serverTest(
  "an entry that workers tried ten times is a dead letter unseen, unless told otherwise",
  async () => {
    for (const [maxDeliveries, expected] of [
      [undefined, { completed: 0, dead: 1 }],
      [50, { completed: 1, dead: 0 }],
    ] as const) {
      const options = maxDeliveries === undefined ? {} : { maxDeliveries };
      const { redis, stream, queue, worker } = await open("tcp", options);
      await produce(redis, stream, 1);
      const pod = worker("pod-1");
      await pod.read(1);
      for (let i = 0; i < 10; i += 1) await pod.steal(0);
      await letTimePass(redis, stream, LEASE_MS + 1, GROUP);
      expect(await drain(queue, () => {})).toMatchObject(expected);
      const [letter] = await queue.deadLetters.list();
      expect(letter?.reason).toBe(expected.dead === 1 ? "crashed" : undefined);
    }
  },
);

serverTest("what an old producer's MAXLEN took away is told, pending and unread", async () => {
  const { redis, stream, queue, worker } = await open("tcp");
  await produce(redis, stream, 100);
  await worker("pod-1").read(10);
  await redis.xadd(stream, "MAXLEN", "50", "*", "order", "last");
  const report = await drain(queue, () => {});
  expect(report).toMatchObject({ completed: 50, lostPayloads: 10, trimmedUnread: 41 });
});

serverTest("completed entries stay where they are kept, and nothing runs again", async () => {
  const { redis, stream, queue, worker } = await open("tcp", { retention: { age: "7 d" } });
  await produce(redis, stream, 5);
  const pod = worker("pod-1");
  await pod.ack(await pod.read(5));
  await redis.xgroup("DELCONSUMER", stream, GROUP, "pod-1");
  await produce(redis, stream, 2);
  for (const completed of [2, 0]) {
    expect(await drain(queue, () => {})).toMatchObject({ completed, repaired: 0, trimmed: 0 });
  }
  expect(await redis.xlen(stream)).toBe(7);
});

serverTest(
  "what workers completed that have removed their consumers is not run again",
  async () => {
    const { redis, stream, queue, worker } = await open("tcp");
    await produce(redis, stream, 5);
    const pod = worker("pod-1");
    await pod.ack(await pod.read(5));
    await redis.xgroup("DELCONSUMER", stream, GROUP, "pod-1");
    await produce(redis, stream, 1);
    expect(await drain(queue, () => {})).toMatchObject({ completed: 1, repaired: 0, trimmed: 5 });
    expect(await drain(queue, () => {})).toMatchObject({ completed: 0, repaired: 0, trimmed: 0 });
    expect(await redis.xlen(stream)).toBe(0);
  },
);

serverTest("a group made at $ gets what comes after it, and nothing from before", async () => {
  const { redis, queue } = await open("tcp");
  const late = uniqueName("late");
  await produce(redis, late, 3);
  await redis.xgroup("CREATE", late, GROUP, "$");
  const ids = await produce(redis, late, 2);
  const { store } = queue.resolved;
  const taken = createQueue({ name: late, group: GROUP, store });
  const seen: string[] = [];
  for (const trimmed of [0, 3, 0]) {
    const report = await drain(taken, ({ id }) => seen.push(id));
    expect(report).toMatchObject({ repaired: 0, trimmed });
  }
  expect(seen).toEqual(ids);
});
