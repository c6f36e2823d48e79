import { expect, test } from "vitest";
import { createQueue, type DrainOptions, drain, type QueueOptions } from "../../src/index.ts";
import type { Store } from "../../src/store.ts";
import { memoryStore } from "../../src/testing.ts";

/** A queue whose turns take a while, and the most of them that were under way together. */
function slowQueue(options: Partial<QueueOptions> = {}) {
  const inner = memoryStore();
  let underWay = 0;
  let together = 0;
  const store: Store = {
    ...inner,
    async turn(...request) {
      underWay += 1;
      together = Math.max(together, underWay);
      await new Promise((done) => setImmediate(done));
      underWay -= 1;
      return inner.turn(...request);
    },
  };
  return {
    queue: createQueue<number>({ name: "lanes", store, ...options }),
    together: () => together,
  };
}

async function drainThousand(handler: () => unknown, options: DrainOptions) {
  const { queue, together } = slowQueue();
  await queue.sendBatch(Array.from({ length: 1_000 }, (_, n) => ({ payload: n })));
  const report = await drain(queue, handler, options);
  expect(report).toMatchObject({ stopped: "empty", completed: 1_000 });
  return { report, together: together() };
}

test("handlers that wait for messages open lanes, as many as may be", async () => {
  expect((await drainThousand(() => {}, { lanes: 4, batch: 50 })).together).toBe(4);
  expect((await drainThousand(() => {}, { batch: 50 })).together).toBe(1);
});

test("handlers that never wait for messages open none", async () => {
  // Ten steps of the event loop, of which a turn takes one.
  const slow = async () => {
    for (let step = 0; step < 10; step += 1) await new Promise((done) => setImmediate(done));
  };
  const { together } = await drainThousand(slow, { lanes: 4, concurrency: 25 });
  expect(together).toBe(1);
});

test("a pass that may open many lanes makes one request when there is nothing to do", async () => {
  const { queue } = slowQueue();
  expect(await drain(queue, () => {}, { lanes: 16 })).toMatchObject({ requests: 1 });
  await queue.sendBatch([{ payload: 1 }, { payload: 2 }]);
  // One that claims, one that settles and finds no more.
  expect(await drain(queue, () => {}, { lanes: 16 })).toMatchObject({ completed: 2, requests: 2 });
});

test("lanes open only while the requests last that each needs to settle", async () => {
  const { queue } = slowQueue();
  await queue.sendBatch(Array.from({ length: 1_000 }, (_, n) => ({ payload: n })));
  const report = await drain(queue, () => {}, { lanes: 16, maxRequests: 7, batch: 50 });
  expect(report).toMatchObject({ stopped: "requests", lost: 0, uncertain: 0, released: 0 });
  expect(report.requests).toBeLessThanOrEqual(7);
  expect(await queue.depth()).toMatchObject({ inFlight: 0, entries: 1_000 - report.completed });
});

test("a pass whose lanes end together leaves its place to the next one", async () => {
  const { queue, together } = slowQueue({ maxPasses: 1 });
  await queue.sendBatch(Array.from({ length: 1_000 }, (_, n) => ({ payload: n })));
  const first = await drain(queue, () => {}, { lanes: 4, batch: 10, maxMessages: 200 });
  expect(first).toMatchObject({ stopped: "messages", completed: 200 });
  expect(together()).toBeGreaterThan(1);
  expect(await drain(queue, () => {})).toMatchObject({ stopped: "empty", completed: 800 });
});
