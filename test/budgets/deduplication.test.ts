import { expect } from "vitest";
import { drain } from "../../src/index.ts";
import { serverTest } from "../support/redis.ts";
import { warmQueue } from "./warm-queue.ts";

const BATCH = Array.from({ length: 100 }, (_, payload) => {
  return { payload, idempotencyKey: `order ${payload}` };
});

serverTest(
  "a deduplicated message is sent by 11 commands, 100 by 110, a duplicate by 7",
  async () => {
    const { queue, commandsOf } = await warmQueue({ deduplicate: true });
    const send = () => queue.send(1, { idempotencyKey: "one" });
    expect(await commandsOf(send)).toBe(11);
    expect(await commandsOf(() => queue.sendBatch(BATCH))).toBe(110);
    expect(await commandsOf(send)).toBe(7);
  },
);

serverTest("deduplicated messages that were delayed cost a turn 12 commands more", async () => {
  const { queue, commandsOf } = await warmQueue({ deduplicate: true });
  const pass = () => commandsOf(() => drain(queue, () => {}, { prefetch: false }));
  await queue.sendBatch(
    BATCH.map((one) => ({ ...one, idempotencyKey: `${one.idempotencyKey} now` })),
  );
  const ordinary = await pass();
  await queue.sendBatch(BATCH.map((one) => ({ ...one, delay: 1 })));
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect((await pass()) - ordinary).toBe(112);
});

serverTest(
  "a pass over deduplicated messages costs two commands more than the first one over keys",
  async () => {
    const costs: number[] = [];
    for (const deduplicate of [false, true]) {
      const { queue, commandsOf } = await warmQueue({ deduplicate });
      await queue.sendBatch(BATCH);
      costs.push(await commandsOf(() => drain(queue, () => {}, { prefetch: false })));
    }
    const [plain = 0, deduplicated = 0] = costs;
    expect(deduplicated - plain).toBe(2);
  },
);
