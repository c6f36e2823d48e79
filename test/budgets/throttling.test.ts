import { expect } from "vitest";
import { drain, type QueueOptions } from "../../src/index.ts";
import { serverTest } from "../support/redis.ts";
import { warmQueue } from "./warm-queue.ts";

const BATCH = Array.from({ length: 10 }, (_, payload) => ({ payload }));

/** Commands of a pass of two turns that works on ten messages. */
async function costOf(options: Partial<QueueOptions>): Promise<number> {
  const { queue, commandsOf } = await warmQueue(options);
  await queue.sendBatch(BATCH);
  return commandsOf(() => drain(queue, () => {}, { prefetch: false }));
}

serverTest("a limit of what is in flight costs a command a claim, a rate up to three", async () => {
  const plain = await costOf({});
  // The pass claims twice: the ten messages, and the nothing behind them.
  expect((await costOf({ maxInFlight: 1_000 })) - plain).toBe(2);
  expect((await costOf({ rateLimit: { limit: 1_000, per: "1 m" } })) - plain).toBe(4);
});

serverTest(
  "a limit of passes costs two commands a claim, two a survey, and one to leave",
  async () => {
    expect((await costOf({ maxPasses: 10 })) - (await costOf({}))).toBe(7);
  },
);

serverTest("a pass over a paused queue costs one command more than over an empty one", async () => {
  const { queue, commandsOf } = await warmQueue();
  const idle = await commandsOf(() => drain(queue, () => {}));
  await queue.pause();
  expect((await commandsOf(() => drain(queue, () => {}))) - idle).toBe(1);
});
