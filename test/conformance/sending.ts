import { describe, expect, test } from "vitest";
import { createQueue, drain, QueueFull, SendError } from "../../src/index.ts";
import type { Target } from "./target.ts";
import { newToken, openWorkbench } from "./workbench.ts";

const TRACE = { traceparent: `00-${"a1".repeat(16)}-${"b2".repeat(8)}-01`, tracestate: "k=v,l=w" };

/** What a send says no to, what it pushes out, and what it carries along. */
export function sending(target: () => Target): void {
  describe("a backlog with a limit", () => {
    test("a send that would make more wait than may stores nothing and says how much waits", async () => {
      const { queue, claim } = openWorkbench(target(), { maxBacklog: { messages: 3 } });
      await queue.sendBatch([{ payload: 1 }, { payload: 2, delay: "1 h" }]);
      const error = await queue.sendBatch([{ payload: 3 }, { payload: 4 }]).catch((e) => e);
      expect(error).toBeInstanceOf(QueueFull);
      expect(error).toBeInstanceOf(SendError);
      expect(error).toMatchObject({
        code: "queue_full",
        backlog: { messages: 2 },
        sentIds: [],
        uncertain: false,
      });
      expect(error.message).toMatch(/full: 2 messages of at most 3/);
      expect(await queue.depth()).toMatchObject({ entries: 1, delayed: 1 });
      await queue.send(3);
      await claim(newToken()); // what is in flight counts
      await expect(queue.send(4)).rejects.toMatchObject({ code: "queue_full" });
    });

    test("there is room again when messages are done", async () => {
      const { queue } = openWorkbench(target(), { maxBacklog: { messages: 2 } });
      await queue.sendBatch([{ payload: 1 }, { payload: 2 }]);
      await drain(queue, () => {});
      await queue.sendBatch([{ payload: 3 }, { payload: 4 }]);
    });

    test("completed entries that are kept do not count", async () => {
      const options = { maxBacklog: { messages: 2 }, retention: { age: "1 h" } } as const;
      const { queue } = openWorkbench(target(), options);
      await queue.sendBatch([{ payload: 1 }, { payload: 2 }]);
      await drain(queue, () => {});
      expect(await queue.depth()).toMatchObject({ entries: 2 });
      await queue.sendBatch([{ payload: 3 }, { payload: 4 }]);
      await expect(queue.send(5)).rejects.toBeInstanceOf(QueueFull);
    });

    test("what another program has trimmed does not count as a backlog", async () => {
      const options = { maxBacklog: { messages: 3 }, shared: true };
      const { queue, outside } = openWorkbench(target(), options);
      await drain(queue, () => {});
      for (let i = 0; i < 5; i += 1) await outside.add("n", String(i));
      const [last = ""] = (await outside.ids()).slice(-1);
      await outside.trimBelow(`${last.split("-")[0]}-999`);
      await queue.send("there is room");
      expect(await drain(queue, () => {})).toMatchObject({ completed: 1 });
    });

    test("a duplicate needs no room", async () => {
      const options = { maxBacklog: { messages: 1 }, deduplicate: true };
      const { queue } = openWorkbench(target(), options);
      const first = await queue.send(1, { idempotencyKey: "k" });
      expect(await queue.send(2, { idempotencyKey: "k" })).toEqual({ ...first, duplicate: true });
    });
  });

  describe("a feed of the newest", () => {
    test("older entries are dropped, worked on or not, and counted", async () => {
      const keepNewest = { count: 3, exact: true };
      const { queue } = openWorkbench(target(), { keepNewest });
      await queue.sendBatch([1, 2, 3, 4, 5].map((payload) => ({ payload })));
      expect(await queue.depth()).toMatchObject({ entries: 3, dropped: 2 });
      await queue.send(6);
      expect(await queue.depth()).toMatchObject({ entries: 3, dropped: 3 });
      const seen: unknown[] = [];
      await drain(queue, ({ payload }) => void seen.push(payload));
      expect(seen).toEqual([4, 5, 6]);
    });

    test("without it nothing is ever dropped", async () => {
      const { queue, send } = openWorkbench(target());
      await send(1, 2, 3, 4, 5);
      expect(await queue.depth()).toMatchObject({ entries: 5, dropped: 0 });
    });
  });

  describe("a trace", () => {
    test("it comes to the handler as it was sent, with a delay and without", async () => {
      const { queue, age } = openWorkbench(target());
      const { traceparent } = TRACE;
      await queue.sendBatch([
        { payload: 1, trace: TRACE },
        { payload: 2, trace: { traceparent }, delay: 20, idempotencyKey: "k" },
        { payload: 3 },
      ]);
      await age(20);
      const traces: Record<string, unknown> = {};
      await drain(queue, ({ payload, trace }) => {
        traces[String(payload)] = trace;
      });
      expect(traces).toEqual({ 1: TRACE, 2: { traceparent }, 3: undefined });
    });

    test("it comes with plain fields too, and is no part of them", async () => {
      const { queue } = openWorkbench(target(), { codec: "fields" });
      await queue.send({ text: "hello" }, { trace: TRACE });
      const plain = createQueue({ name: queue.name, store: target().store });
      const seen: unknown[] = [];
      await drain(plain, ({ payload, trace }) => void seen.push(payload, trace));
      expect(seen).toEqual([{ text: "hello" }, TRACE]);
    });
  });
}
