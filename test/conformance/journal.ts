import { describe, expect, test } from "vitest";
import { createQueue, drain, type Handler, type QueueOptions, Reject } from "../../src/index.ts";
import { uniqueName } from "../support/redis.ts";
import type { Target } from "./target.ts";

/** What passes write down when they end, as `stats()` shows it. */
export function journal(target: () => Target): void {
  const open = (options: Partial<QueueOptions> = {}, store = target().store) =>
    createQueue<number>({ name: uniqueName(), store, backoff: { initial: 0 }, ...options });

  describe("the counters of passes", () => {
    test("tell what was done, and how long it took", async () => {
      const queue = open();
      await queue.sendBatch(Array.from({ length: 250 }, (_, payload) => ({ payload })));
      const report = await drain(queue, ({ payload, failures }) => {
        if (payload === 7) throw new Reject("no");
        if (payload === 8 && failures === 0) throw new Error("later");
      });
      const { totals, handlerTime, waitingTime, lastMinute, lastPassAt, at } = await queue.stats();
      expect(totals).toMatchObject({
        completed: report.completed,
        retried: 1,
        dead: 1,
        passes: 1,
        commands: report.commands,
      });
      expect([report.requests, report.requests - 1]).toContain(totals.requests);
      const attempts = report.completed + 2;
      expect(handlerTime.counts.reduce((sum, count) => sum + count)).toBe(attempts);
      expect(waitingTime.counts.reduce((sum, count) => sum + count)).toBe(250);
      expect(lastMinute).toMatchObject({ completed: report.completed, failed: 2 });
      expect(Math.abs((lastPassAt?.getTime() ?? 0) - at.getTime())).toBeLessThan(10_000);
    });

    test("are added up over passes, also of other lanes", async () => {
      const queue = open();
      for (const lanes of [1, 4]) {
        await queue.sendBatch(Array.from({ length: 100 }, (_, payload) => ({ payload })));
        await drain(queue, () => {}, { batch: 10, lanes });
      }
      expect((await queue.stats()).totals).toMatchObject({ completed: 200, passes: 2 });
    });

    test("count what a pass did that its limits ended", async () => {
      const queue = open();
      await queue.sendBatch(Array.from({ length: 30 }, (_, payload) => ({ payload })));
      const report = await drain(queue, () => {}, { maxMessages: 20, batch: 10 });
      expect(report.stopped).toBe("messages");
      expect((await queue.stats()).totals).toMatchObject({ completed: 20, passes: 1 });
    });

    test("count once what a lost response made a pass send again", async () => {
      const queue = open();
      await queue.send(1);
      const lossy = await target().faulty({ lost: undefined }, { lost: "response" });
      const again = createQueue<number>({ name: queue.name, store: lossy });
      expect(await drain(again, () => {}, { prefetch: false })).toMatchObject({ completed: 1 });
      expect((await queue.stats()).totals).toMatchObject({ completed: 1, passes: 1 });
    });

    test("count once what was told by a lost response, though more came before the next", async () => {
      const queue = open();
      await queue.send(1);
      const lossy = await target().faulty(
        { lost: undefined },
        { lost: "response", meanwhile: () => queue.send(2) },
      );
      const again = createQueue<number>({ name: queue.name, store: lossy });
      expect(await drain(again, () => {}, { prefetch: false })).toMatchObject({ completed: 2 });
      expect((await queue.stats()).totals).toMatchObject({ completed: 2, passes: 1 });
    });

    test("count once what was told by a lost response, though many others told meanwhile", async () => {
      const queue = open();
      await queue.send(1);
      const others = async () => {
        for (let pass = 0; pass < 20; pass += 1) {
          await queue.send(2);
          await drain(queue, () => {});
        }
      };
      const lossy = await target().faulty(
        { lost: undefined },
        { lost: "response", meanwhile: others },
      );
      const again = createQueue({ name: queue.name, store: lossy });
      expect(await drain(again, () => {}, { prefetch: false })).toMatchObject({ completed: 1 });
      expect((await queue.stats()).totals).toMatchObject({ completed: 21, passes: 21 });
    });

    test("count requests and commands once, though several lanes end together", async () => {
      const queue = open();
      await queue.sendBatch(Array.from({ length: 200 }, (_, payload) => ({ payload })));
      const options = { batch: 10, lanes: 4, maxMessages: 150 };
      const { requests, commands } = await drain(queue, () => {}, options);
      const { totals } = await queue.stats();
      expect(totals).toMatchObject({ completed: 150, commands });
      // Where a server does not know the script, the last request of a lane is two.
      expect(totals.requests).toBeLessThanOrEqual(requests);
      expect(totals.requests).toBeGreaterThanOrEqual(requests - options.lanes);
    });

    test("lose nothing of a queue that a full turn passes over", async () => {
      const tag = uniqueName();
      const [high, low] = ["high", "low"].map((level) => open({ name: `{${tag}}:${level}` })) as [
        ReturnType<typeof open>,
        ReturnType<typeof open>,
      ];
      await high.send(0);
      await low.sendBatch([{ payload: 1 }, { payload: 2 }]);
      let resolve = () => {};
      const lowIsDone = new Promise<void>((done) => {
        resolve = done;
      });
      const handler: Handler<number> = async ({ queue, payload }, { extend }) => {
        if (payload === 2) resolve();
        if (queue === low.name || payload > 0) return;
        await lowIsDone;
        await high.sendBatch(Array.from({ length: 40 }, () => ({ payload: 1 })));
        await extend(); // by a turn that settles the others and claims nothing
      };
      await drain([high, low], handler, { batch: 4, prefetch: false });
      expect((await low.stats()).totals).toMatchObject({ completed: 2 });
      const { counts } = (await low.stats()).handlerTime;
      expect(counts.reduce((sum, count) => sum + count)).toBe(2);
    });

    test("tell duplicates, which only the claim finds", async () => {
      const queue = open();
      const twice = { payload: 1, idempotencyKey: "once" };
      await queue.sendBatch([twice]);
      await drain(queue, () => {});
      await queue.sendBatch([twice]);
      expect(await drain(queue, () => {})).toMatchObject({ duplicates: 1 });
      expect((await queue.stats()).totals).toMatchObject({
        completed: 1,
        duplicates: 1,
        passes: 2,
      });
    });

    test("stay as they are in an idle pass, but for its time", async () => {
      const queue = open();
      await queue.send(1);
      await drain(queue, () => {});
      const before = await queue.stats();
      await target().pass(30);
      await drain(queue, () => {});
      const after = await queue.stats();
      expect(after.totals).toEqual(before.totals);
      expect(after.lastPassAt?.getTime()).toBeGreaterThan(before.lastPassAt?.getTime() ?? 0);
    });

    test("are kept for each queue of a pass over several", async () => {
      const tag = uniqueName();
      const [high, low] = ["high", "low"].map((level) => open({ name: `{${tag}}:${level}` })) as [
        ReturnType<typeof open>,
        ReturnType<typeof open>,
      ];
      await high.send(1);
      await low.sendBatch([{ payload: 1 }, { payload: 2 }]);
      await drain([high, low], () => {});
      expect((await high.stats()).totals).toMatchObject({ completed: 1, passes: 1 });
      expect((await low.stats()).totals).toMatchObject({ completed: 2, passes: 1, requests: 0 });
    });

    test("are not written where the queue keeps none", async () => {
      const queue = open({ statistics: false });
      await queue.send(1);
      await drain(queue, () => {});
      const { totals, lastPassAt } = await queue.stats();
      expect(totals.completed).toBe(0);
      expect(lastPassAt).toBeUndefined();
    });
  });
}
