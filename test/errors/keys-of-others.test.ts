import type { Redis } from "ioredis";
import { describe, expect } from "vitest";
import { createQueue, drain, Reject, type SendError, type StoreError } from "../../src/index.ts";
import { age, otherProgram, readGroup } from "../interop/foreign.ts";
import { EMPTY } from "../support/depth.ts";
import { privateRedis, serverTest, uniqueName } from "../support/redis.ts";
import { letTimePass } from "../support/time-travel.ts";
import { openStore, TRANSPORTS } from "../transports/stores.ts";
import { expectNothingSecret, failureOf, SECRET } from "./support.ts";

// Keys of another type, groups and scripts that are gone: what others do to a queue's keys is told
// or mended, and loses nothing.

describe.each(TRANSPORTS)("over %s", (transport) => {
  serverTest("a key of another type is refused by name, and nothing is lost", async () => {
    const queue = createQueue({ name: uniqueName(), store: await openStore(transport) });
    const redis = otherProgram();
    await redis.set(queue.name, "not a stream");
    await failureOf<StoreError>("store_wrong_type", () => drain(queue, () => {}));
    const sending = await failureOf<SendError>("send_failed", () => queue.send(SECRET));
    expect(sending).toMatchObject({ sentIds: [], uncertain: false });
    expect(sending.cause).toMatchObject({ code: "store_wrong_type" });
    await redis.del(queue.name);

    await drain(queue, () => {});
    await queue.send(1);
    await redis.set(keyOf(queue.name, "parked"), "not a sorted set");
    await failureOf("store_wrong_type", () => drain(queue, () => expect.fail("ran")));
    await redis.del(keyOf(queue.name, "parked"));
    expect(await drain(queue, () => {})).toMatchObject({ completed: 1 });
  });

  serverTest("a key that changes its type during a pass ends it, and nothing is lost", async () => {
    const queue = createQueue({ name: uniqueName(), store: await openStore(transport) });
    const redis = otherProgram();
    await queue.sendBatch([{ payload: SECRET }, { payload: SECRET }]);
    let ran = 0;
    const report = await drain(queue, async () => {
      await redis.set(keyOf(queue.name, "parked"), "not a sorted set");
      ran += 1;
      if (ran === 2) throw new Error("later");
    });
    expect(report).toMatchObject({ stopped: "store", completed: 0, uncertain: 2, more: true });
    expect(report.error).toMatchObject({ code: "store_wrong_type" });
    expectNothingSecret(report);
    await redis.del(keyOf(queue.name, "parked"));
    expect(await queue.depth()).toMatchObject({ entries: 2, inFlight: 2 });
    await letTimePass(redis, queue.name, 120_000);
    expect(await drain(queue, () => {})).toMatchObject({ reclaimed: 2, completed: 2 });
  });

  serverTest(
    "any key of a queue may have another type: it is refused, nothing is lost",
    async () => {
      const store = await openStore(transport);
      const redis = otherProgram();
      for (const what of ["parked", "state", "dead", "keys", "crashes", "results"]) {
        const queue = createQueue({ name: uniqueName(what), store, keepResults: true });
        await drain(queue, () => {});
        const ids = [await queue.send("fine"), await queue.send(SECRET, { idempotencyKey: "k" })];
        await readByDeadPass(redis, queue.name);
        await redis.set(keyOf(queue.name, what), "of another type");
        const seen = new Set<string>();
        const handler = async (message: { payload: unknown; id: string }) => {
          seen.add(message.id);
          if (message.payload === SECRET) throw new Reject(`not ${what}`);
        };
        const pass = await drain(queue, handler).catch((error: unknown) => ({ error }));
        expect(pass.error, what).toMatchObject({ code: "store_wrong_type" });
        expectNothingSecret(pass);

        await redis.del(keyOf(queue.name, what));
        await letTimePass(redis, queue.name, 120_000);
        await drain(queue, handler);
        expect([...seen].sort(), what).toEqual(ids.map(({ id }) => id).sort());
        const dead = await queue.deadLetters.list();
        expect(
          dead.map(({ payload }) => payload),
          what,
        ).toEqual([SECRET]);
        expect(await queue.depth(), what).toEqual({ ...EMPTY, dead: 1 });
      }
    },
  );

  serverTest(
    "a group that is missing or destroyed is made again, and nothing is lost",
    async () => {
      const queue = createQueue<number>({ name: uniqueName(), store: await openStore(transport) });
      const redis = otherProgram();
      const sent = await queue.sendBatch(Array.from({ length: 20 }, (_, n) => ({ payload: n })));
      const seen = new Set<string>();
      const report = await drain(
        queue,
        async (message) => {
          if (message.payload === 5 && seen.size === 5) {
            await redis.xgroup("DESTROY", queue.name, "xdrain");
          }
          seen.add(message.id);
        },
        { batch: 10, concurrency: 1 },
      );
      expect(report).toMatchObject({ stopped: "empty", dead: 0, lostPayloads: 0 });
      expect(report.lost).toBeGreaterThan(0);
      expect([...seen]).toEqual(sent.map(({ id }) => id));
      expect(await queue.depth()).toEqual(EMPTY);

      await redis.xgroup("DESTROY", queue.name, "xdrain");
      await queue.send(20);
      expect(await drain(queue, () => {})).toMatchObject({ completed: 1 });
      await redis.del(queue.name);
      expect(await drain(queue, () => {})).toMatchObject({ completed: 0, stopped: "empty" });
      await queue.send(21);
      expect(await drain(queue, () => {})).toMatchObject({ completed: 1 });
    },
  );

  serverTest("scripts that were flushed are sent again, before and during a pass", async () => {
    const { url } = await privateRedis();
    const queue = createQueue<number>({ name: "q", store: await openStore(transport, url) });
    const redis = otherProgram(url);
    await queue.sendBatch(Array.from({ length: 30 }, (_, n) => ({ payload: n })));
    await redis.script("FLUSH");
    const report = await drain(
      queue,
      async () => {
        await redis.script("FLUSH");
      },
      { batch: 10, concurrency: 1, prefetch: false },
    );
    expect(report).toMatchObject({ stopped: "empty", completed: 30, lost: 0, replayed: 0 });
    expect(report.requests, "each turn needs its text again").toBe(2 * report.turns);
  });
});

function keyOf(stream: string, what: string): string {
  return `{${stream}}:xd:${stream}:xdrain:${what}`;
}

/** Leaves the first message as a pass leaves it that died: in flight, and silent for long. */
async function readByDeadPass(redis: Redis, stream: string): Promise<void> {
  const [entry] = await readGroup(redis, stream, "xd:dead", 1);
  await age(redis, stream, "xd:dead", [entry?.[0] ?? ""]);
  await redis.hdel(keyOf(stream, "state"), "next");
}
