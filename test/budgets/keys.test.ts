import { expect } from "vitest";
import { drain } from "../../src/index.ts";
import { serverTest } from "../support/redis.ts";
import { warmQueue } from "./warm-queue.ts";

/** Commands of a pass over so many pairs of messages, each with one key, in one batch. */
async function costOf(pairs: number): Promise<number> {
  const { queue, commandsOf } = await warmQueue();
  const keys = Array.from({ length: 2 * pairs }, (_, n) => `key ${n % pairs}`);
  await queue.sendBatch(keys.map((key, payload) => ({ payload, idempotencyKey: key })));
  return commandsOf(async () => {
    const report = await drain(queue, () => {}, { prefetch: false });
    expect(report).toMatchObject({ completed: pairs, deferred: pairs, duplicates: pairs });
  });
}

serverTest(
  "messages of one key in one batch cost the same to settle, however many there are",
  async () => {
    expect(await costOf(50)).toBe(await costOf(2));
  },
);
