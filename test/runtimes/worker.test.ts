import { expect, test } from "vitest";
import { createQueue, OptionError } from "../../src/index.ts";
import { upstash } from "../../src/redis/upstash.ts";
import type { InvocationLimits } from "../../src/runtimes/http/index.ts";
import { type Work, work, worker } from "../../src/runtimes/worker.ts";
import { tcpStore } from "../support/stores.ts";
import { tcpWork } from "./support.ts";

interface Env {
  readonly NAME: string;
}

const trigger = (cron = "* * * * *") => ({ cron, scheduledTime: 1_700_000_000_000 });
const context = { waitUntil: () => {} };

/** A work that says by what deadline, and with how many requests, it was drained. */
function spiedWork(options: Work["options"] = {}) {
  const store = tcpStore();
  const seen: { deadline?: Date; maxRequests: number[] } = { maxRequests: [] };
  const spied = {
    ...store,
    turn: (...[storeQueue, request, limits]: Parameters<typeof store.turn>) => {
      const { deadline, mayRequest } = limits;
      if (deadline !== undefined) seen.deadline = new Date(deadline);
      let allowed = 0;
      while (allowed < 10_000 && mayRequest?.() !== false) allowed += 1;
      seen.maxRequests.push(allowed);
      return store.turn(storeQueue, request, { deadline });
    },
  };
  const queue = createQueue({ name: tcpWork().queue.name, store: spied });
  return { seen, work: work(queue, () => {}, options) };
}

test("the cron that fired decides which queue is drained, and with which options", async () => {
  const [often, nightly] = [tcpWork(), tcpWork(() => {}, { maxMessages: 2 })];
  for (const { queue } of [often, nightly]) {
    await queue.sendBatch([{ payload: 1 }, { payload: 2 }, { payload: 3 }]);
  }
  const told: unknown[] = [];
  const { scheduled } = worker<Env>({
    queues: (_, { cron }) => (cron === "* * * * *" ? often : nightly),
    onReport: ({ queue, completed }) => told.push([queue, completed]),
  });
  await scheduled(trigger("* * * * *"), { NAME: "x" });
  await scheduled(trigger("30 3 * * *"), { NAME: "x" });
  expect(told).toEqual([
    [often.queue.name, 3],
    [nightly.queue.name, 2],
  ]);
});

test("queues are made in every invocation, from the env that came with it", async () => {
  const [one, two] = [tcpWork(), tcpWork()];
  const told: string[] = [];
  const { scheduled } = worker<Env>({
    queues: ({ NAME }) =>
      work(createQueue({ name: NAME, store: tcpStore() }), () => {}, { maxMessages: 1 }),
    onReport: ({ queue }) => told.push(queue),
  });
  await scheduled(trigger(), { NAME: one.queue.name });
  await scheduled(trigger(), { NAME: two.queue.name });
  expect(told).toEqual([one.queue.name, two.queue.name]);
});

test("a cron's passes end after 60 s or the limit that was set, and make 45 requests or those", async () => {
  const usual = spiedWork();
  const before = Date.now();
  await worker<Env>({ queues: () => usual.work }).scheduled(trigger(), { NAME: "x" });
  expect(usual.seen.deadline?.getTime()).toBeGreaterThanOrEqual(before + 60_000);
  expect(usual.seen.deadline?.getTime()).toBeLessThanOrEqual(Date.now() + 60_000);
  expect(Math.max(...usual.seen.maxRequests)).toBeLessThanOrEqual(45);

  const paid = spiedWork();
  const started = Date.now();
  const limits = () => ({ scheduled: "10 m", maxRequests: 900 }) as const;
  await worker<Env>({ queues: () => paid.work, limits }).scheduled(trigger(), { NAME: "x" });
  expect(paid.seen.deadline?.getTime()).toBeGreaterThanOrEqual(started + 600_000);
  expect(paid.seen.maxRequests[0]).toBeGreaterThan(800);
});

test("a request is told its limits: 25 s and 45 requests", async () => {
  let given: InvocationLimits = {};
  const { fetch } = worker<Env>({
    queues: () => [],
    fetch: (_request, env, _context, limits) => {
      given = limits;
      return new Response(env.NAME);
    },
  });
  const before = Date.now();
  const response = await fetch(new Request("http://x"), { NAME: "env" }, context);
  expect(await response.text()).toBe("env");
  expect(given.maxRequests).toBe(45);
  expect(given.deadline?.getTime()).toBeGreaterThanOrEqual(before + 25_000);
  expect(given.deadline?.getTime()).toBeLessThanOrEqual(Date.now() + 25_000);
});

test("a Worker without a fetch answers 404", async () => {
  const { fetch } = worker<Env>({ queues: () => [] });
  expect((await fetch(new Request("http://x"), { NAME: "" }, context)).status).toBe(404);
});

test("wrong limits and no queue make scheduled reject before any I/O", async () => {
  const store = upstash({ url: "http://127.0.0.1:1", token: "x" });
  const inbox = work(createQueue({ name: "inbox", store }), () => {});
  const env = { NAME: "x" };
  await expect(worker<Env>({ queues: () => [] }).scheduled(trigger(), env)).rejects.toThrow(
    OptionError,
  );
  for (const limits of [{ maxRequests: 2 }, { scheduled: "1 h" }] as const) {
    const wrong = worker<Env>({ queues: () => inbox, limits: () => limits });
    await expect(wrong.scheduled(trigger(), env)).rejects.toThrow(OptionError);
  }
});
