import type { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createQueue, drain } from "../../src/index.ts";
import { systemClock } from "../../src/redis/clock.ts";
import { createRedisStore } from "../../src/redis/store.ts";
import type { Answer } from "../../src/redis/transport.ts";
import { connectRaw, uniqueName } from "../support/redis.ts";
import { rawTransport } from "../support/transports.ts";

let redis: Redis;
beforeAll(async () => {
  redis = connectRaw();
  const queue = createQueue({ name: uniqueName(), store: createRedisStore(rawTransport(redis)) });
  await queue.send(1);
  await drain(queue, () => {}); // the server knows the scripts now
});
afterAll(() => redis.disconnect());

/** A process whose clock is wrong by so much, and that sees each answer first. */
function processWith(
  clockOffMs: number,
  seen: (answer: Answer, request: number) => Promise<Answer>,
  name = uniqueName(),
) {
  const whole = rawTransport(redis);
  let requests = 0;
  const transport = {
    async command(...call: Parameters<typeof whole.command>) {
      requests += 1;
      const number = requests;
      return seen(await whole.command(...call), number);
    },
  };
  const clock = { ...systemClock, now: () => Date.now() + clockOffMs };
  return createQueue({ name, store: createRedisStore(transport, { clock }) });
}

async function pendingOf(stream: string): Promise<number> {
  const groups = (await redis.call("XINFO", "GROUPS", stream)) as unknown[][];
  return Number(groups[0]?.[5]);
}

test.each([-8_000, 8_000, -3_600_000])(
  "a first request that arrives with a time %i ms off claims nothing, and is sent again",
  async (offMs) => {
    const name = uniqueName();
    const pending: number[] = [];
    const queue = processWith(
      offMs,
      async (answer) => {
        pending.push(await pendingOf(name));
        return answer;
      },
      name,
    );
    await redis.call("XGROUP", "CREATE", name, "xdrain", "0", "MKSTREAM");
    await redis.xadd(name, "*", "n", "1");
    const report = await drain(queue, () => {}, { prefetch: false });
    expect(pending).toEqual([0, 1, 0]);
    expect(report).toMatchObject({ completed: 1, turns: 2, requests: 3 });
    expect((await drain(queue, () => {})).requests).toBe(1);
  },
);

test("a first request of a clock that is nearly right is carried out", async () => {
  for (const offMs of [0, -2_000, 2_000]) {
    const queue = processWith(offMs, async (answer) => answer);
    expect((await drain(queue, () => {})).requests).toBe(1);
  }
});

test("what was settled is not told as lost where a copy that came too late answers for it", async () => {
  const late: Answer = { ok: true, reply: ["late", Date.now(), 1] };
  const queue = processWith(0, async (answer, request) => (request === 3 ? late : answer));
  await queue.send(1);
  const report = await drain(queue, () => {}, { prefetch: false });
  expect(report).toMatchObject({ completed: 1, lost: 0, uncertain: 0, requests: 4 });
});
