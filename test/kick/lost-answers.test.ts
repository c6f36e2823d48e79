import { expect, onTestFinished, test } from "vitest";
import { createQueue, drain, type KickRequest } from "../../src/index.ts";
import { createRedisStore } from "../../src/redis/store.ts";
import { connectRaw, uniqueName } from "../support/redis.ts";
import { rawTransport } from "../support/transports.ts";

/** A backlog in Redis, and what happens to the answers to its first questions who asks for a pass. */
async function openBacklog({ lost }: { readonly lost: number }) {
  const redis = connectRaw();
  onTestFinished(() => redis.disconnect());
  const whole = rawTransport(redis);
  let asked = 0;
  const command: typeof whole.command = async (args, signal) => {
    const answer = await whole.command(args, signal);
    if (args[0] !== "SET") return answer;
    asked += 1;
    if (asked <= lost) throw new Error("The connection broke before the answer.");
    return answer;
  };
  const kicks: KickRequest[] = [];
  const kick = async (request: KickRequest) => void kicks.push(request);
  const wake = { kick, debounce: "10 s" } as const;
  const store = createRedisStore({ ...whole, command });
  const queue = createQueue<number>({ name: uniqueName("backlog"), store, wake });
  await queue.sendBatch(Array.from({ length: 30 }, (_, payload) => ({ payload })));
  const pass = () =>
    drain(queue, () => {}, { maxMessages: 10, batch: 10, continuation: { maxDepth: 5 } });
  return { pass, kicks, asked: () => asked };
}

test("a pass whose question who asks for the next one got no answer asks for it itself", async () => {
  const { pass, kicks, asked } = await openBacklog({ lost: 1 });
  expect(await pass()).toMatchObject({ continued: true });
  expect(asked()).toBe(2);
  expect(kicks).toHaveLength(1);
});

test("a pass that is told that another one asks does not", async () => {
  const { pass, kicks, asked } = await openBacklog({ lost: 0 });
  expect(await pass()).toMatchObject({ continued: true });
  expect(await pass()).toMatchObject({ continued: false, more: true });
  expect(asked()).toBe(2);
  expect(kicks).toHaveLength(1);
});
