import { expect } from "vitest";
import { drain } from "../../src/index.ts";
import { serverTest } from "../support/redis.ts";
import { warmQueue } from "./warm-queue.ts";

serverTest("a send that kicks costs two commands more", async () => {
  const { queue, commandsOf } = await warmQueue({ wake: { kick: async () => {} } });
  await queue.send(1, { wake: true });
  const plain = await commandsOf(() => queue.send(2));
  expect(await commandsOf(() => queue.send(3, { wake: true }))).toBe(plain + 2);
});

serverTest("a poll of a pass that lingers is one request and 6 commands", async () => {
  const { queue, commandsOf } = await warmQueue();
  const idle = await commandsOf(() => drain(queue, () => {}));
  const lingering = await commandsOf(async () => {
    const options = { linger: { pause: 5, maxPause: 5 }, maxRequests: 8 };
    const report = await drain(queue, () => {}, options);
    expect(report).toMatchObject({ stopped: "empty", polls: 5, requests: 6 });
  });
  expect(lingering - idle).toBe(5 * 6);
});

serverTest("asking for the next pass costs one command", async () => {
  const { queue, commandsOf } = await warmQueue({ wake: { kick: async () => {} } });
  const costs: number[] = [];
  for (const maxDepth of [0, 1]) {
    await queue.sendBatch([{ payload: 1 }, { payload: 2 }]);
    const options = { maxMessages: 1, continuation: { maxDepth } };
    costs.push(await commandsOf(() => drain(queue, () => {}, options)));
    await drain(queue, () => {});
  }
  const [without = 0, continued = 0] = costs;
  expect(continued - without).toBe(1);
});
