import { expect, onTestFinished, test } from "vitest";
import { startClockedRedis } from "../../scripts/redis-clock.ts";
import type { Surroundings } from "./backend.ts";
import { besideModel } from "./beside.ts";
import { connectReal } from "./real.ts";
import { START_MS } from "./scheduler.ts";
import { rareIn, simulate } from "./simulate.ts";

async function realServer() {
  const redis = await startClockedRedis(START_MS);
  if (redis === undefined) throw new Error("There is no libfaketime for the server's clock.");
  const real = connectReal(redis);
  onTestFinished(() => real.close());
  return real;
}

test("on a real server the scripts keep every promise for 4,000 steps, and do what the model does", async () => {
  const real = await realServer();
  const open = async (surroundings: Surroundings) =>
    besideModel(await real.open(surroundings), surroundings);
  const result = await simulate({ seed: 13, steps: 4_000, open });
  expect(result).toMatchObject({ violations: 0, violation: undefined });
  expect(rareIn(result, 1)).toEqual([]);
}, 120_000);

test("a reply of the script that is not the model's is a violation", async () => {
  const real = await realServer();
  const open = async (surroundings: Surroundings) => {
    const backend = await real.open(surroundings);
    const late: typeof backend.turn = async (...args) => {
      const reply = await backend.turn(...args);
      return reply && { ...reply, now: reply.now + 1 };
    };
    return besideModel({ ...backend, turn: late }, surroundings);
  };
  const { violation } = await simulate({ seed: 8, steps: 4_000, open });
  expect(violation?.what).toMatch(/^Violation: replies to a turn differ: \.now = /);
});

test("what the script stores and the model does not is a violation", async () => {
  const real = await realServer();
  const open = async (surroundings: Surroundings) => {
    const backend = await real.open(surroundings);
    const twice: typeof backend.send = async (queue, request) => {
      await backend.send(queue, { ...request, requestId: `${request.requestId}-again` });
      return backend.send(queue, request);
    };
    return besideModel({ ...backend, send: twice }, surroundings);
  };
  const { violation } = await simulate({ seed: 8, steps: 4_000, open });
  expect(violation?.what).toMatch(/differ/);
});
