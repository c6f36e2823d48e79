import { expect } from "vitest";
import { memoryCosts } from "../../bench/costs/memory.ts";
import { createQueue, drain } from "../../src/index.ts";
import { keysOf } from "../support/leftovers.ts";
import { connectRaw, privateRedis, serverTest, uniqueName } from "../support/redis.ts";
import { tcpStore } from "../support/stores.ts";

// Memory does not depend on the machine: it is asserted from what the server says of its keys.

/** What a queue that has seen a pass keeps for good: the state of its passes, and their statistics. */
const PERMANENT = ["journal", "state", "stats"];

serverTest(
  "a queued message takes at most 1.05 of a raw entry, a key's record at most 150 bytes, and a drained queue leaves at most 64 KB",
  async () => {
    const { url } = await privateRedis();
    const { queuedRatio, recordBytes, drainedBytesLeft } = await memoryCosts(url);
    expect(queuedRatio).toBeLessThanOrEqual(1.05);
    expect(recordBytes).toBeLessThanOrEqual(150);
    expect(drainedBytesLeft).toBeLessThanOrEqual(65_536);
  },
);

serverTest(
  "a queue of which a tenth failed once keeps its empty stream when it is drained, and the records of its keys",
  async () => {
    const { url } = await privateRedis();
    const redis = connectRaw(url);
    const store = tcpStore(url);
    for (const [keyed, left] of [
      [false, []],
      [true, ["keys"]],
    ] as const) {
      const queue = createQueue<number>({ name: uniqueName(), store, backoff: { initial: 0 } });
      await queue.sendBatch(
        Array.from({ length: 1_000 }, (_, n) => ({
          payload: n,
          ...(keyed ? { idempotencyKey: `key ${n}` } : {}),
        })),
      );
      const report = await drain(queue, ({ payload, failures }) => {
        if (payload % 10 === 0 && failures === 0) throw new Error("once");
      });
      expect(report).toMatchObject({ completed: 1_000, retried: 100 });
      expect(await redis.xlen(queue.name)).toBe(0);
      const keys = await keysOf(redis, queue.name);
      expect(keys.filter((key) => !PERMANENT.includes(key))).toEqual(left);
    }
    store.close();
    redis.disconnect();
  },
);
