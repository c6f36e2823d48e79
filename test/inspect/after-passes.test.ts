import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { drain, type Queue, Reject } from "../../src/index.ts";
import { inspect } from "../../src/inspect/index.ts";
import { type Looked, openTarget, TARGETS } from "./targets.ts";

/** Ten messages, of which one is rejected and two are retried later. */
async function work(queue: Queue<unknown>) {
  await queue.sendBatch(Array.from({ length: 10 }, (_, payload) => ({ payload })));
  return drain(queue, ({ payload }) => {
    if (payload === 0) throw new Reject("no");
    if (payload === 1 || payload === 2) throw new Error("later");
  });
}

describe.each(TARGETS)("after passes over %s", (name) => {
  let looked: Looked;
  beforeAll(async () => {
    looked = await openTarget(name);
  });
  afterAll(() => looked.close());

  test("the statistics tell what they did", async () => {
    const queue = looked.queue({ backoff: { initial: "1 h", jitter: "none" } });
    const report = await work(queue);
    const stats = await queue.stats();
    expect(stats.totals).toMatchObject({
      completed: 7,
      retried: 2,
      dead: 1,
      passes: 1,
      requests: report.requests,
    });
    expect(stats.lastMinute).toMatchObject({ completed: 7, failed: 3, failureRate: 0.3 });
    expect(stats.lastHour).toMatchObject({ completed: 7, failed: 3, failureRate: 0.3 });
    expect(stats.at.getTime() - (stats.lastPassAt?.getTime() ?? 0)).toBeLessThan(5_000);
    const sum = (counts: readonly number[]) => counts.reduce((one, other) => one + other, 0);
    expect(sum(stats.handlerTime.counts)).toBe(10);
    expect(sum(stats.waitingTime.counts)).toBe(10);
    expect(stats).toMatchObject({ ready: 0, parked: 2, dead: 1, drainsInMs: 0 });
    await work(queue);
    expect((await queue.stats()).totals).toMatchObject({ completed: 14, passes: 2 });
  });
});

test.each(["tcp", "rest"] as const)(
  "over %s the journal has a record of each pass that did something",
  async (name) => {
    const looked = await openTarget(name);
    onTestFinished(() => looked.close());
    const queue = looked.queue({ backoff: { initial: "1 h", jitter: "none" } });
    const report = await work(queue);
    await drain(queue, () => {});
    const { items } = await inspect(queue).journal();
    expect(items).toMatchObject([
      {
        stopped: report.stopped,
        completed: 7,
        retried: 2,
        dead: 1,
        claimed: 10,
        passes: 1,
        requests: report.requests,
        commands: report.commands,
      },
    ]);
  },
);
