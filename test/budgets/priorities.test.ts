import { expect, onTestFinished } from "vitest";
import { createQueue, drain, type Queue } from "../../src/index.ts";
import { systemClock } from "../../src/redis/clock.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import type { Clock } from "../../src/store.ts";
import { commandCount } from "../support/command-stats.ts";
import { connectRaw, privateRedis, serverTest } from "../support/redis.ts";

const BATCH = Array.from({ length: 100 }, (_, payload) => ({ payload }));

/** Three queues on a Redis of their own that knows the scripts. No turn begins with a later one. */
async function warmThree({ statistics = false } = {}) {
  const { url } = await privateRedis();
  let drawn = 0;
  const clock: Clock = {
    ...systemClock,
    random: () => 0.1 + 0.9 * ((++drawn * 0.618_034) % 1),
  };
  const store = ioredis({ url, clock });
  const redis = connectRaw(url);
  onTestFinished(() => {
    store.close();
    redis.disconnect();
  });
  const open = (name: string): Queue<number> => createQueue<number>({ name, store, statistics });
  const queues = [open("high"), open("normal"), open("low")] as const;
  for (const queue of queues) await queue.send(0);
  await drain(queues, () => {});
  const pass = async () => {
    await redis.config("RESETSTAT");
    const report = await drain(queues, () => {}, { prefetch: false });
    expect(report.commands, "the report's bill is the server's").toBe(await commandCount(redis));
    return report;
  };
  return { queues, pass };
}

serverTest(
  "an idle pass over three queues is one request; each writes its time by a command",
  async () => {
    for (const [statistics, commands] of [
      [false, 13],
      [true, 16],
    ] as const) {
      const { pass } = await warmThree({ statistics });
      expect(await pass()).toMatchObject({ requests: 1, commands });
    }
  },
);

serverTest("a turn over three queues costs what one does, where the first has enough", async () => {
  const { queues, pass } = await warmThree();
  const [high] = queues;
  const send = async (batches: number) => {
    for (let n = 0; n < batches; n += 1) await high.sendBatch(BATCH);
  };
  await send(5);
  const five = await pass();
  expect(five).toMatchObject({ completed: 500 });
  await send(10);
  const ten = await pass();
  expect(ten).toMatchObject({ completed: 1_000 });
  // Five turns more, each a request and, as over one queue, seven commands.
  expect(ten.requests - five.requests).toBe(5);
  expect(ten.commands - five.commands).toBe(35);
});

serverTest("a turn that takes of three queues settles and claims in one request", async () => {
  const { queues, pass } = await warmThree();
  for (const queue of queues) await queue.sendBatch(BATCH.slice(0, 20));
  const { requests, commands, completed } = await pass();
  expect({ requests, commands, completed }).toEqual({ requests: 2, commands: 44, completed: 60 });
});
