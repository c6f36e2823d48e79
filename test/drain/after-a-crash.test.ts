import { expect, test } from "vitest";
import { turnRequest } from "../../src/doctor/conformance/bench.ts";
import { createQueue, drain } from "../../src/index.ts";
import type { Store } from "../../src/store.ts";
import { memoryStore } from "../../src/testing.ts";
import { movingClock } from "../conformance/moving-clock.ts";

const DEAD = 2_000;

/** A queue whose requests take so long, and of which a pass died with two thousand in hand. */
async function afterCrash(roundTripMs: number) {
  const clock = movingClock();
  const inner = memoryStore({ clock });
  const store: Store = {
    ...inner,
    async turn(...request) {
      await clock.sleep(roundTripMs / 2);
      const reply = await inner.turn(...request);
      await clock.sleep(roundTripMs / 2);
      return reply;
    },
  };
  const queue = createQueue<number>({ name: "crashed", store });
  const send = async (count: number) => {
    for (let first = 0; first < count; first += 500) {
      await queue.sendBatch(Array.from({ length: 500 }, (_, n) => ({ payload: first + n })));
    }
  };
  await send(DEAD);
  const claim = turnRequest("xd:dead", { claim: DEAD });
  await inner.turn(queue.resolved.storeQueue, claim, {});
  clock.advance(60_000);
  return { queue, send };
}

test.each([
  { roundTripMs: 1, waiting: 0 },
  { roundTripMs: 50, waiting: 0 },
  { roundTripMs: 50, waiting: 2_000 },
])(
  "2,000 of a dead pass come back within one of 25 s, $roundTripMs ms a request, $waiting others waiting",
  async ({ roundTripMs, waiting }) => {
    const { queue, send } = await afterCrash(roundTripMs);
    await send(waiting);
    let suspects = 0;
    const report = await drain(queue, async ({ deliveries }) => {
      suspects += deliveries > 1 ? 1 : 0;
      expect(suspects).toBeLessThanOrEqual(10);
      await Promise.resolve();
      suspects -= deliveries > 1 ? 1 : 0;
    });
    expect(report).toMatchObject({ stopped: "empty", more: false, completed: DEAD + waiting });
    // Ten in a turn, and each turn of them before or behind one of the others; two find nothing more.
    expect(report.turns).toBeLessThanOrEqual(2 + DEAD / 10 + waiting / 100);
  },
);
