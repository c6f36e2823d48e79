import { describe, expect } from "vitest";
import { createQueue, drain, Retry } from "../../src/index.ts";
import { serverTest, uniqueName } from "../support/redis.ts";
import { openStore, TRANSPORTS } from "../transports/stores.ts";
import { addPlain, age, consumersOf, idsOf, otherProgram, readGroup } from "./foreign.ts";

// A consumer of another make in our group knows XREADGROUP and XACK, and nothing else.

describe.each(TRANSPORTS)("over %s", (transport) => {
  serverTest(
    "a plain consumer and our passes share a group: nothing is lost, nothing run by both, nothing stays",
    async () => {
      const queue = createQueue({ name: uniqueName(), store: await openStore(transport) });
      const [redis, raw] = [otherProgram(), otherProgram()];
      await drain(queue, () => {});
      const sent = [
        ...(await queue.sendBatch(Array.from({ length: 600 }, (_, n) => ({ payload: n })))).map(
          ({ id }) => id,
        ),
        ...(await addPlain(redis, queue.name, 600)),
      ];

      const theirs: string[] = [];
      const plainConsumer = async () => {
        for (;;) {
          const entries = await readGroup(raw, queue.name, "plain", 7);
          if (entries.length === 0) return;
          for (const [id] of entries) {
            theirs.push(id);
            await raw.xack(queue.name, "xdrain", id);
          }
        }
      };
      const ours: string[] = [];
      let trimmed = 0;
      const ourPasses = async () => {
        for (let more = true; more; ) {
          const report = await drain(
            queue,
            async (message) => {
              await Promise.resolve();
              ours.push(message.id);
            },
            { maxMessages: 40, batch: 10 },
          );
          expect(report).toMatchObject({ lost: 0, lostPayloads: 0, trimmedUnread: 0, dead: 0 });
          trimmed += report.trimmed;
          more = report.more;
        }
      };
      await Promise.all([plainConsumer(), ourPasses()]);

      expect(theirs.length).toBeGreaterThan(0);
      expect(ours.length).toBeGreaterThan(0);
      expect([...ours, ...theirs].sort()).toEqual([...sent].sort());
      trimmed += (await drain(queue, () => expect.fail("nothing is left"))).trimmed;
      expect(trimmed).toBe(theirs.length);
      expect(await redis.xlen(queue.name)).toBe(0);
      expect(await consumersOf(redis, queue.name)).toEqual({ plain: 0, "xd:suspects": 0 });
    },
  );
});

serverTest("what a plain consumer holds stays its own while its lease runs", async () => {
  const queue = createQueue({ name: uniqueName(), store: await openStore("tcp") });
  const redis = otherProgram();
  await drain(queue, () => {});
  await addPlain(redis, queue.name, 5);
  const held = await readGroup(redis, queue.name, "plain", 5);
  expect(await drain(queue, () => expect.fail("it is theirs"))).toMatchObject({ claimed: 0 });
  expect(await redis.xack(queue.name, "xdrain", ...held.map(([id]) => id))).toBe(5);
  expect(await drain(queue, () => expect.fail("it is done"))).toMatchObject({ trimmed: 5 });
  expect(await redis.xlen(queue.name)).toBe(0);
});

serverTest("the trim spares what is in flight or parked, and everything above it", async () => {
  const queue = createQueue({ name: uniqueName(), store: await openStore("tcp") });
  const redis = otherProgram();
  await drain(queue, () => {});
  const ids = await addPlain(redis, queue.name, 6);
  const [, , third] = await readGroup(redis, queue.name, "plain", 3);
  await redis.xack(queue.name, "xdrain", ids[0] ?? "", ids[1] ?? "");
  const failing = await drain(
    queue,
    () => {
      throw new Retry("1 h");
    },
    { maxMessages: 1 },
  );
  expect(failing).toMatchObject({ retried: 1, trimmed: 2 });
  expect(await idsOf(redis, queue.name)).toEqual(ids.slice(2));
  expect(await drain(queue, () => {}, { maxMessages: 1 })).toMatchObject({ completed: 1 });
  await redis.xack(queue.name, "xdrain", third?.[0] ?? "");
  expect(await drain(queue, () => {}, { maxMessages: 1 })).toMatchObject({ trimmed: 1 });
  expect(await idsOf(redis, queue.name)).toEqual([ids[3]]);
});

serverTest(
  "what a dead plain consumer left is reclaimed after the lease, and its consumer stays",
  async () => {
    const queue = createQueue({ name: uniqueName(), store: await openStore("tcp") });
    const redis = otherProgram();
    await drain(queue, () => {});
    const ids = await addPlain(redis, queue.name, 5);
    await readGroup(redis, queue.name, "plain", 5);
    await age(redis, queue.name, "plain", ids);
    const seen: [string, number][] = [];
    const report = await drain(queue, (message) => seen.push([message.id, message.deliveries]));
    expect(report).toMatchObject({ reclaimed: 5, completed: 5, dead: 0, lost: 0 });
    expect(seen).toEqual(ids.map((id) => [id, 2]));
    expect(await consumersOf(redis, queue.name)).toEqual({ plain: 0, "xd:suspects": 0 });
    expect(await redis.xack(queue.name, "xdrain", ...ids), "too late").toBe(0);
  },
);

serverTest("consumers that dead passes left are deleted, those of others never", async () => {
  const queue = createQueue({ name: uniqueName(), store: await openStore("tcp") });
  const redis = otherProgram();
  await drain(queue, () => {});
  for (const consumer of ["idle", "plain", "xd-not-ours", "xd:left-by-a-dead-pass"]) {
    await redis.call("XGROUP", "CREATECONSUMER", queue.name, "xdrain", consumer);
  }
  const [id = ""] = await addPlain(redis, queue.name, 1);
  await readGroup(redis, queue.name, "plain", 1);
  await age(redis, queue.name, "plain", [id]);
  expect(await drain(queue, () => {})).toMatchObject({ reclaimed: 1, completed: 1 });
  expect(await consumersOf(redis, queue.name)).toEqual({
    idle: 0,
    plain: 0,
    "xd-not-ours": 0,
    "xd:suspects": 0,
  });
});
