import { expect, test } from "vitest";
import { createQueue, drain, Reject, Retry } from "../../src/index.ts";
import { memoryStore } from "../../src/testing.ts";
import { movingClock } from "../conformance/moving-clock.ts";
import { EMPTY } from "../support/depth.ts";
import { connectRaw } from "../support/redis.ts";
import { tcpQueue } from "../support/stores.ts";

test("what was sent is handed to the handler once, in order, and nothing stays", async () => {
  const queue = tcpQueue<{ n: number }>();
  const sent = await queue.sendBatch(Array.from({ length: 250 }, (_, n) => ({ payload: { n } })));
  const seen: number[] = [];
  const report = await drain(queue, (message) => {
    seen.push(message.payload.n);
    expect(message.id).toBe(sent[message.payload.n]?.id);
  });
  expect(seen).toEqual(Array.from({ length: 250 }, (_, n) => n));
  expect(report).toMatchObject({ stopped: "empty", completed: 250, retried: 0, dead: 0, lost: 0 });
  expect(await queue.depth()).toEqual(EMPTY);
});

test("a message that fails is tried again after its backoff, and dead after its last failure", async () => {
  const queue = tcpQueue<string>({ maxFailures: 3, backoff: { initial: 0 } });
  const { id } = await queue.send("x");
  const failures: number[] = [];
  let report = await drain(queue, (message) => {
    failures.push(message.failures);
    throw new Error("no");
  });
  while (report.dead === 0) {
    report = await drain(queue, (message) => {
      failures.push(message.failures);
      throw new Error("no");
    });
  }
  expect(failures).toEqual([0, 1, 2]);
  const [dead] = await queue.deadLetters.list();
  expect(dead).toMatchObject({
    originalId: id,
    payload: "x",
    reason: "failed",
    error: "Error: no",
    stack: expect.stringContaining("basics.test.ts"),
    deliveries: 3,
    failures: 3,
  });
});

test("Retry sets the wait, Reject makes a dead letter at once", async () => {
  const queue = tcpQueue<string>();
  await queue.sendBatch([{ payload: "later" }, { payload: "never" }]);
  const report = await drain(queue, (message) => {
    if (message.payload === "later") throw new Retry("1 h");
    throw new Reject("bad card");
  });
  expect(report).toMatchObject({ retried: 1, dead: 1, completed: 0 });
  const wait = (report.nextDueAt?.getTime() ?? 0) - Date.now();
  expect(Math.round(wait / 60_000)).toBe(60);
});

test("a key whose work is done is not worked on again inside its window", async () => {
  const queue = tcpQueue<number>();
  await queue.send(1, { idempotencyKey: "a" });
  expect(await drain(queue, () => {})).toMatchObject({ completed: 1 });
  await queue.send(2, { idempotencyKey: "a" });
  expect(await drain(queue, () => expect.fail("ran"))).toMatchObject({
    completed: 0,
    duplicates: 1,
  });
});

test("an idle pass is one round trip and leaves no consumer behind", async () => {
  const queue = tcpQueue();
  await drain(queue, () => {});
  const report = await drain(queue, () => {});
  expect(report).toMatchObject({ requests: 1, commands: 6, stopped: "empty" });
  const redis = connectRaw();
  const consumers = await redis.call("XINFO", "CONSUMERS", queue.name, "xdrain");
  expect(consumers).toEqual([expect.arrayContaining(["name", "xd:suspects", "pending", 0])]);
  redis.disconnect();
});

test("a limit of messages ends the pass, and the rest stays for the next", async () => {
  const queue = tcpQueue<number>();
  await queue.sendBatch(Array.from({ length: 30 }, (_, n) => ({ payload: n })));
  const report = await drain(queue, () => {}, { maxMessages: 12 });
  expect(report).toMatchObject({ stopped: "messages", completed: 12, more: true });
  expect(await drain(queue, () => {})).toMatchObject({ stopped: "empty", completed: 18 });
});

test("at its deadline a pass gives back what it did not start, for nothing", async () => {
  const store = memoryStore({ clock: movingClock() });
  const queue = createQueue<number>({ name: "work", store, maxFailures: 1 });
  await queue.sendBatch(Array.from({ length: 20 }, (_, n) => ({ payload: n })));
  const report = await drain(
    queue,
    (_, context) =>
      new Promise((_resolve, reject) => {
        context.signal.addEventListener("abort", () => reject(context.signal.reason));
      }),
    { maxDuration: 300, concurrency: 2 },
  );
  expect(report).toMatchObject({ stopped: "deadline", released: 18, dead: 2 });
  expect(report.elapsedMs).toBeLessThanOrEqual(300);
  const deliveries: number[] = [];
  await drain(queue, (message) => deliveries.push(message.deliveries));
  expect(deliveries).toEqual(Array(18).fill(1));
});

test("a retry that is due is not starved by new messages, even one message at a time", async () => {
  const queue = tcpQueue<number>({ backoff: { initial: 0 } });
  await queue.sendBatch(Array.from({ length: 60 }, (_, n) => ({ payload: n })));
  const seen: number[] = [];
  await drain(
    queue,
    ({ payload, failures }) => {
      seen.push(payload);
      if (payload === 0 && failures === 0) throw new Error("once");
    },
    { batch: 1 },
  );
  expect(seen).toHaveLength(61);
  expect(seen.lastIndexOf(0)).toBeLessThan(60);
});
