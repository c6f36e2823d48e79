import fc from "fast-check";
import { expect, test } from "vitest";
import { createQueue, type DrainReport, drain, Retry } from "../../src/index.ts";
import { memoryStore, virtualClock } from "../../src/testing.ts";
import { bridgeTo, doubleFor } from "./support.ts";

// Hours of a queue at its schedules, in virtual time: how late retries run, and what it costs.

const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 21, 9, 0, 30);

interface Life {
  /** How long after it was due each retry ran, in milliseconds. */
  readonly lateness: readonly number[];
  readonly left: number;
  readonly ticks: number;
  readonly wakes: number;
}

/** Sends messages that fail as often as they have waits, and lets hours pass. */
async function live(
  waits: readonly (readonly number[])[],
  options: Parameters<typeof bridgeTo>[1],
  hours: number,
): Promise<Life> {
  const clock = virtualClock({ now: START });
  const queue = createQueue<number>({ name: "orders", store: memoryStore({ clock }) });
  const dueAt = new Map<number, number>();
  const lateness: number[] = [];
  const pass = (): Promise<DrainReport> =>
    drain(queue, ({ payload, failures }) => {
      const due = dueAt.get(payload);
      if (due !== undefined) lateness.push(clock.now() - due);
      const wait = waits[payload]?.[failures];
      if (wait === undefined) return;
      dueAt.set(payload, clock.now() + wait);
      throw new Retry(wait);
    });
  const double = await doubleFor({
    start: START,
    invoke: async () => {
      clock.advance(double.now() - clock.now());
      await bridge.afterPass(await pass());
    },
  });
  const bridge = bridgeTo(double, options);
  await bridge.ensureSchedule();
  await queue.sendBatch(waits.map((_, payload) => ({ payload })));
  await double.advanceTo(START + hours * 60 * MINUTE);
  const { entries, parked } = await queue.depth();
  const wakes = double.invocations.filter(({ schedule }) => schedule !== "orders").length;
  return { lateness, left: entries + parked, ticks: double.invocations.length - wakes, wakes };
}

test("at a schedule of once an hour, a retry that is a minute away or more runs in its minute", async () => {
  const wait = fc.integer({ min: 2 * MINUTE, max: 100 * MINUTE });
  const waits = fc.array(fc.array(wait, { maxLength: 4 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(waits, async (waits) => {
      const options = { expression: "cron(0 * * * ? *)", soonest: 0 };
      const { lateness, left } = await live(waits, options, 9);
      expect(left).toBe(0);
      expect(lateness).toHaveLength(waits.flat().length);
      expect(Math.min(0, ...lateness)).toBe(0);
      expect(Math.max(0, ...lateness)).toBeLessThan(MINUTE + 10_000);
    }),
    { numRuns: 25, seed: 5 },
  );
});

test("with a cadence no retry is later than a minute after its own, however near it was due", async () => {
  const wait = fc.integer({ min: 1_000, max: 40 * MINUTE });
  const waits = fc.array(fc.array(wait, { maxLength: 4 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(waits, async (waits) => {
      const { lateness, left } = await live(waits, { cadence: {} }, 4);
      expect(left).toBe(0);
      expect(lateness).toHaveLength(waits.flat().length);
      expect(Math.min(0, ...lateness)).toBe(0);
      expect(Math.max(0, ...lateness)).toBeLessThan(2 * MINUTE);
    }),
    { numRuns: 25, seed: 9 },
  );
});

test("ten retries over hours cost ten wakes at most, and an idle cadence four ticks an hour", async () => {
  const waits = Array.from({ length: 10 }, (_, i) => [(17 + 23 * i) * MINUTE]);
  const { left, ticks, wakes } = await live(waits, { cadence: { patience: 0 } }, 5);
  expect(left).toBe(0);
  expect(wakes).toBeLessThanOrEqual(10);
  expect(ticks).toBeLessThan(5 * 4 + 10 * 5);
});
