import { expect, onTestFinished, test } from "vitest";
import { createQueue, type Store } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { memoryStore } from "../../src/testing.ts";
import { privateRedis, serverTest } from "../support/redis.ts";

const LIMIT = 20_000;

/** Sends a kilobyte at a time until the queue says that it is full; returns what it was told before. */
async function fillUp(store: Store): Promise<readonly number[]> {
  const told: number[] = [];
  const onWarning = ({ bytes = 0 }) => void told.push(bytes);
  const maxBacklog = { bytes: LIMIT, warnAt: 0.5, onWarning };
  const queue = createQueue<string>({ name: "orders", store, maxBacklog });
  const send = async () => {
    for (let n = 0; n < 40; n += 1) await queue.send("x".repeat(1_000));
  };
  await expect(send()).rejects.toMatchObject({ code: "queue_full", backlog: { bytes: anyNumber } });
  return told;
}

const anyNumber: unknown = expect.any(Number);

function expectWarnings(told: readonly number[]): void {
  expect(told.length).toBeGreaterThan(0);
  expect(Math.min(...told)).toBeGreaterThanOrEqual(LIMIT / 2);
  expect(Math.max(...told)).toBeLessThan(LIMIT);
}

serverTest("a stream that takes too much memory is full, and near that it is told", async () => {
  const { url } = await privateRedis();
  const store = ioredis({ url });
  onTestFinished(() => store.close());
  expectWarnings(await fillUp(store));
});

test("the store in memory counts the bytes of its fields", async () => {
  expectWarnings(await fillUp(memoryStore()));
});
