import { expect } from "vitest";
import { drain } from "../../src/index.ts";
import { serverTest } from "../support/redis.ts";
import { warmQueue } from "./warm-queue.ts";

const BATCH = Array.from({ length: 100 }, (_, payload) => ({ payload }));

/** Commands of a pass over so many messages, and of one over none. */
async function costOf(messages: number, statistics: boolean): Promise<readonly [number, number]> {
  const { queue, commandsOf } = await warmQueue({ statistics });
  for (let sent = 0; sent < messages; sent += BATCH.length) await queue.sendBatch(BATCH);
  const pass = () => commandsOf(() => drain(queue, () => {}, { prefetch: false }));
  return [await pass(), await pass()];
}

serverTest("journal and counters cost four commands a pass, whatever it did", async () => {
  for (const messages of [100, 1_000]) {
    const [plain] = await costOf(messages, false);
    const [counted] = await costOf(messages, true);
    expect(counted - plain, `${messages} messages`).toBe(4);
  }
});

serverTest("an idle pass only writes its time, by one command", async () => {
  const [, plain] = await costOf(100, false);
  const [, counted] = await costOf(100, true);
  expect([plain, counted]).toEqual([5, 6]);
});
