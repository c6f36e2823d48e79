import { expect, onTestFinished } from "vitest";
import { createQueue, drain } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { commandCount } from "../support/command-stats.ts";
import { connectRaw, privateRedis, serverTest } from "../support/redis.ts";

const BATCH = Array.from({ length: 100 }, (_, payload) => ({ payload }));

/** A queue that has seen a pass, and what work on it costs the server. */
async function openQueue() {
  const { url } = await privateRedis();
  const store = ioredis({ url });
  const redis = connectRaw(url);
  onTestFinished(() => {
    store.close();
    redis.disconnect();
  });
  const queue = createQueue<number>({ name: "reminders", store });
  const { id } = await queue.send(0, { delay: "1 h" });
  await queue.cancel(id);
  await queue.send(0);
  await drain(queue, () => {});
  return {
    queue,
    async commandsOf(work: () => Promise<unknown>): Promise<number> {
      await redis.config("RESETSTAT");
      await work();
      return commandCount(redis);
    },
  };
}

serverTest("100 delayed messages are sent by 6 commands, and one is cancelled by 5", async () => {
  const { queue, commandsOf } = await openQueue();
  const later = BATCH.map((message) => ({ ...message, delay: "1 h" as const }));
  expect(await commandsOf(() => queue.sendBatch(later))).toBe(6);
  const { id } = await queue.send(1, { delay: "1 h" });
  expect(await commandsOf(() => queue.cancel(id))).toBe(5);
});

serverTest("a delayed message costs one command more than another, and a turn five", async () => {
  const { queue, commandsOf } = await openQueue();
  const pass = () => commandsOf(() => drain(queue, () => {}, { prefetch: false }));
  await queue.sendBatch(BATCH);
  const ordinary = await pass();
  await queue.sendBatch(BATCH.map((message) => ({ ...message, delay: 1 })));
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect((await pass()) - ordinary).toBe(105);
});

serverTest("a pass that finds only a message that is not due costs two commands more", async () => {
  const { queue, commandsOf } = await openQueue();
  const idle = await commandsOf(() => drain(queue, () => {}));
  await queue.send(1, { delay: "1 h" });
  expect((await commandsOf(() => drain(queue, () => {}))) - idle).toBe(2);
});
