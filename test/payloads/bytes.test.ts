import { describe, expect } from "vitest";
import { createQueue, drain } from "../../src/index.ts";
import { otherProgram } from "../interop/foreign.ts";
import { serverTest, uniqueName } from "../support/redis.ts";
import { openStore, TRANSPORTS } from "../transports/stores.ts";

// Redis holds bytes; JSON and JavaScript hold text. Bytes that are no text are refused, never changed.

/** Bytes that are no UTF-8; a decoder makes the same text of the first two, and of the last as many bytes. */
const BROKEN = [[0xff], [0xfe], [0xc3], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x98]].map((bytes) =>
  Buffer.from(bytes),
);

/** What a decoder makes of such bytes, and what somebody may send as well. */
const REPLACED = "\ufffd";

describe.each(TRANSPORTS)("over %s", (transport) => {
  async function open(options: Partial<Parameters<typeof createQueue>[0]> = {}) {
    const name = uniqueName();
    const store = await openStore(transport);
    const deadLetters = { stream: `{${name}}:dead` };
    const queue = createQueue<unknown>({ name, store, deadLetters, ...options });
    const redis = otherProgram();
    const letters = async () =>
      (await redis.xrangeBuffer(deadLetters.stream, "-", "+")).map(([, fields]) =>
        fields.slice(12),
      );
    return { queue, redis, letters };
  }

  serverTest(
    "keys that are not UTF-8 are dead letters, byte for byte, before they run",
    async () => {
      const { queue, redis, letters } = await open();
      for (const key of BROKEN) await redis.xadd(queue.name, "*", "xd:k", key, "n", "1");
      await queue.send("text", { idempotencyKey: REPLACED });
      const keys: unknown[] = [];
      const report = await drain(queue, ({ idempotencyKey }) => keys.push(idempotencyKey));
      expect(report).toMatchObject({ completed: 1, dead: 5, duplicates: 0, deferred: 0, lost: 0 });
      expect(keys).toEqual([REPLACED]);
      expect((await letters()).map(([, key]) => key)).toEqual(BROKEN);
      const [letter] = await queue.deadLetters.list();
      expect(letter).toMatchObject({ reason: "invalid", deliveries: 1, failures: 1 });
      expect(letter?.error).toMatch(/not UTF-8/);
      expect(await queue.depth()).toMatchObject({ entries: 0, inFlight: 0, parked: 0 });
    },
  );

  serverTest("so are values and names, whatever the length of what they decode to", async () => {
    const { queue, redis, letters } = await open();
    for (const bytes of BROKEN) {
      await redis.xadd(queue.name, "*", "n", bytes);
      await redis.xadd(queue.name, "*", bytes, "n");
      await redis.xadd(
        queue.name,
        "*",
        "xd:d",
        Buffer.concat([Buffer.from('"'), bytes, Buffer.from('"')]),
      );
    }
    const before = (await redis.xrangeBuffer(queue.name, "-", "+")).map(([, fields]) => fields);
    expect(await drain(queue, () => {})).toMatchObject({ completed: 0, dead: before.length });
    expect(await letters()).toEqual(before);
  });

  serverTest("redriven, such a letter is the same one again", async () => {
    const { queue, redis, letters } = await open();
    await redis.xadd(queue.name, "*", "n", BROKEN[0] as Buffer);
    await drain(queue, () => {});
    const before = await letters();
    const [letter] = await queue.deadLetters.list();
    await queue.deadLetters.redrive([letter?.id ?? ""]);
    expect(await drain(queue, () => {})).toMatchObject({ completed: 0, dead: 1 });
    expect(await letters()).toEqual(before);
  });

  serverTest("one too wide for one command keeps its bytes too", async () => {
    const { queue, redis, letters } = await open();
    const wide = Array.from({ length: 500 }, (_, i) => [`f${i}`, BROKEN[0] as Buffer]).flat();
    await redis.xadd(queue.name, "*", ...wide);
    expect(await drain(queue, () => {})).toMatchObject({ completed: 0, dead: 1 });
    const [[name, raw] = []] = await letters();
    expect(String(name)).toBe("xd:raw");
    expect(raw?.subarray(0, 12)).toEqual(Buffer.from("2:f01:\xff2:f11:", "latin1").subarray(0, 12));
  });

  serverTest(
    "text that holds what a decoder puts for broken bytes arrives as it was sent",
    async () => {
      const { queue } = await open();
      const payloads = ["a", REPLACED, "b", { [REPLACED]: `${REPLACED}é` }];
      await queue.sendBatch(payloads.map((payload) => ({ payload })));
      const seen: unknown[] = [];
      const report = await drain(queue, ({ payload }) => void seen.push(payload), { batch: 2 });
      expect(report).toMatchObject({ completed: 4, dead: 0, retried: 0 });
      expect(seen).toEqual(payloads);
    },
  );

  serverTest(
    "a deduplicated key that is not UTF-8 is free again, and no other one is",
    async () => {
      const { queue, redis } = await open({ deduplicate: true });
      await redis.xadd(queue.name, "*", "xd:k", BROKEN[0] as Buffer, "n", "1");
      const { id } = await queue.send("text", { idempotencyKey: REPLACED });
      let during: unknown;
      await drain(queue, async () => {
        during = await queue.send("again", { idempotencyKey: REPLACED });
      });
      expect(during).toEqual({ id, duplicate: true });
      expect(await redis.zcard(`{${queue.name}}:xd:${queue.name}:xdrain:keys`)).toBe(1);
    },
  );

  serverTest("a pass over several queues refuses them in each", async () => {
    const [a, b] = [await open(), await open()];
    const other = createQueue<unknown>({ name: b.queue.name, store: a.queue.resolved.store });
    await a.redis.xadd(a.queue.name, "*", "n", BROKEN[4] as Buffer);
    await b.redis.xadd(other.name, "*", "n", BROKEN[0] as Buffer);
    await other.send("text");
    const report = await drain([a.queue, other], () => {});
    expect(report).toMatchObject({ completed: 1, dead: 2 });
  });
});
