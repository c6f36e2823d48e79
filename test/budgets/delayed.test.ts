import { expect } from "vitest";
import { drain } from "../../src/index.ts";
import { serverTest } from "../support/redis.ts";
import { warmQueue } from "./warm-queue.ts";

const BATCH = Array.from({ length: 100 }, (_, payload) => ({ payload }));

serverTest("100 delayed messages are sent by 6 commands, and one is cancelled by 5", async () => {
  const { queue, commandsOf } = await warmQueue();
  const later = BATCH.map((message) => ({ ...message, delay: "1 h" as const }));
  expect(await commandsOf(() => queue.sendBatch(later))).toBe(6);
  const { id } = await queue.send(1, { delay: "1 h" });
  expect(await commandsOf(() => queue.cancel(id))).toBe(5);
});

serverTest("a delayed message costs one command more than another, and a turn six", async () => {
  const { queue, commandsOf } = await warmQueue();
  const pass = () => commandsOf(() => drain(queue, () => {}, { prefetch: false }));
  await queue.sendBatch(BATCH);
  const ordinary = await pass();
  await queue.sendBatch(BATCH.map((message) => ({ ...message, delay: 1 })));
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect((await pass()) - ordinary).toBe(106);
});

serverTest("a pass that finds only a message that is not due costs two commands more", async () => {
  const { queue, commandsOf } = await warmQueue();
  const idle = await commandsOf(() => drain(queue, () => {}));
  await queue.send(1, { delay: "1 h" });
  expect((await commandsOf(() => drain(queue, () => {}))) - idle).toBe(2);
});
