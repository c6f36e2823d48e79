import { expect, onTestFinished } from "vitest";
import { createQueue, drain, type QueueOptions } from "../../src/index.ts";
import { groupKeys } from "../../src/redis/keys.ts";
import { connectRaw, serverTest, uniqueName } from "../support/redis.ts";
import { tcpStore } from "../support/stores.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Functions of one queue, each with its options, and how long the queue's records live. */
function openSeveral(...options: readonly Partial<QueueOptions>[]) {
  const [name, store, redis] = [uniqueName(), tcpStore(), connectRaw()];
  onTestFinished(() => {
    store.close();
    redis.disconnect();
  });
  const queues = options.map((some) => createQueue<unknown>({ name, store, ...some }));
  const [first] = queues;
  const keys = groupKeys(first?.resolved.storeQueue ?? expect.fail());
  return { queues, keys, lives: (key: string) => redis.pttl(key) };
}

serverTest("a pass with a short window leaves the records of a longer one their time", async () => {
  const kept = { keepResults: true } as const;
  const { queues, keys, lives } = openSeveral(kept, { ...kept, idempotencyWindow: "1 s" });
  for (const [i, queue] of queues.entries()) {
    await queue.send(i, { idempotencyKey: `k${i}` });
    expect(await drain(queue, () => "done")).toMatchObject({ completed: 1 });
  }
  expect(await lives(keys.keys)).toBeGreaterThan(DAY);
  expect(await lives(keys.results)).toBeGreaterThan(DAY);
});

serverTest(
  "a pass that does not deduplicate leaves the keys that messages hold their time",
  async () => {
    const { queues, keys, lives } = openSeveral({ deduplicate: true }, {});
    const [strict, plain] = queues;
    await strict?.send(1, { idempotencyKey: "later", delay: "30 d" });
    await strict?.send(2, { idempotencyKey: "now" });
    expect(await drain(plain ?? expect.fail(), () => {})).toMatchObject({ completed: 1 });
    expect(await lives(keys.keys)).toBeGreaterThan(30 * DAY);
  },
);

serverTest("records that a shorter window has begun get the time of a longer one", async () => {
  const { queues, keys, lives } = openSeveral({ idempotencyWindow: "1 s" }, {});
  for (const [i, queue] of queues.entries()) {
    await queue.send(i, { idempotencyKey: `k${i}` });
    await drain(queue, () => {});
    expect(await lives(keys.keys)).toBeGreaterThan(i === 0 ? HOUR - 60_000 : DAY);
  }
});
