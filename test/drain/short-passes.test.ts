import { expect, test } from "vitest";
import { createQueue, drain, StoreError } from "../../src/index.ts";
import type { Store } from "../../src/store.ts";
import { memoryStore } from "../../src/testing.ts";
import { movingClock } from "../conformance/moving-clock.ts";

/** A queue so far away; a turn does nothing once its limit is over, and no answer comes after it. */
function farQueue(roundTripMs: number) {
  const clock = movingClock();
  const near = memoryStore({ clock });
  const half = async (limits: Parameters<Store["turn"]>[2]) => {
    await clock.sleep(roundTripMs / 2);
    if (clock.now() < (limits.deadline ?? Infinity)) return;
    throw new StoreError("store_unavailable", "No answer.", { requests: 1, uncertain: true });
  };
  const far: Store = {
    ...near,
    async turn(queue, request, limits) {
      await half(limits);
      const reply = await near.turn(queue, request, limits);
      await half(limits);
      return reply;
    },
  };
  const queue = createQueue<number>({ name: "q", store: far });
  return { queue, clock, near: createQueue<number>({ name: "q", store: near }) };
}

const BATCH = Array.from({ length: 200 }, (_, payload) => ({ payload }));

test.each([100, 250, 400])(
  "passes of a second do nothing twice, with a round trip of %i ms",
  async (roundTripMs) => {
    const { queue, clock } = farQueue(roundTripMs);
    await queue.sendBatch(BATCH);
    const runs: number[] = [];
    for (let passes = 0; runs.length < BATCH.length; passes += 1) {
      expect(passes).toBeLessThan(50);
      const startedAt = clock.now();
      const report = await drain(
        queue,
        async ({ payload, deliveries }) => {
          expect(deliveries).toBe(1);
          await clock.sleep(20);
          runs.push(payload);
        },
        { maxDuration: "1 s" },
      );
      expect(report).toMatchObject({ lost: 0, uncertain: 0, retried: 0, error: undefined });
      expect(clock.now() - startedAt).toBeLessThanOrEqual(1_000);
    }
    expect(new Set(runs).size).toBe(runs.length);
    expect(await queue.depth()).toMatchObject({ entries: 0, inFlight: 0 });
  },
);

test("a first pass that is shorter than a round trip leaves nothing claimed", async () => {
  const { queue, near } = farQueue(250);
  await queue.sendBatch(BATCH);
  const pass = () => drain(queue, () => {}, { maxDuration: 200 });
  await expect(pass()).rejects.toMatchObject({ code: "store_unavailable" });
  expect(await queue.depth()).toMatchObject({ entries: BATCH.length, inFlight: 0 });
  const deliveries: number[] = [];
  await drain(near, (message) => deliveries.push(message.deliveries));
  expect(deliveries).toEqual(BATCH.map(() => 1));
});

test("a pass that has time for a round trip, and not for two, claims nothing", async () => {
  const { queue } = farQueue(250);
  await queue.sendBatch(BATCH);
  const report = await drain(queue, () => {}, { maxDuration: 450 });
  expect(report).toMatchObject({ stopped: "deadline", claimed: 0, more: true });
  expect(await queue.depth()).toMatchObject({ entries: BATCH.length, inFlight: 0 });
});

test("a short pass looks first only as long as its process does not know the round trip", async () => {
  const { queue } = farQueue(20);
  const pass = () => drain(queue, () => {}, { maxDuration: 500 });
  expect((await pass()).requests).toBe(2);
  expect((await pass()).requests).toBe(1);
});

test("a handler that blocks beyond the end of its pass is settled, wherever the store is", async () => {
  const { queue, clock } = farQueue(250);
  await queue.send(1);
  const report = await drain(queue, () => clock.advance(2_000), { maxDuration: "2 s" });
  expect(report).toMatchObject({ completed: 1, uncertain: 0 });
});
