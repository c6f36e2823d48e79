import { expect, inject, onTestFinished, test } from "vitest";
import { type Watching, watchDelays } from "../../demo/delay.ts";
import { showKick } from "../../demo/kick.ts";
import { showPriority } from "../../demo/priority.ts";
import { readReport, type Totals } from "../../demo/reports.ts";
import type { Runtime } from "../../demo/runtime.ts";
import { addAnswers } from "../../demo/send.ts";
import {
  type Inbox,
  type InboxDelivery,
  type InboxOptions,
  openInbox,
} from "../../functions/inbox/queue.ts";
import { drain } from "../../src/index.ts";
import { systemClock } from "../../src/redis/clock.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { connectRaw, uniqueName } from "../support/redis.ts";

// What the demo shows beside the main work, on queues of its own.

const delivery = (id: string): InboxDelivery => ({ event: "push", delivery: id, payload: {} });
const handler = () => "done";

function open(options: InboxOptions = {}): Inbox {
  // None of the turns in ten that begin with the other queue.
  const clock = { ...systemClock, random: () => 0.1 + 0.9 * systemClock.random() };
  const store = ioredis({ url: inject("redisUrl"), clock });
  onTestFinished(() => store.close());
  return openInbox(store, { stream: uniqueName("inbox"), keepResults: true, ...options });
}

function serverClock() {
  const redis = connectRaw();
  onTestFinished(() => redis.disconnect());
  return { command: async (name: string) => redis.call(name) };
}

test("a kicked delivery is done by the pass that its kick made", async () => {
  const logged: Totals[] = [];
  const kick = async () => {
    logged.push(readReport(JSON.parse(JSON.stringify(await drain(inbox.ordinary, handler)))));
  };
  const inbox = open({ wake: { kick } });
  const shown = await showKick(inbox, { ways: { kicked: delivery("d-1") } }, { logged });
  expect(shown.afterMs).toBeGreaterThanOrEqual(0);
  expect(shown.passes).toMatchObject([{ passes: 1, completed: 1 }]);
});

test("urgent deliveries are begun while older ordinary ones wait, whoever makes the passes", async () => {
  const inbox = open();
  const send = (queue: Inbox["urgent"], ids: readonly string[]) =>
    queue.sendBatch(ids.map((id) => ({ payload: delivery(id) })));
  const ids = (count: number, name: string) => Array.from({ length: count }, (_, n) => name + n);
  await send(inbox.ordinary, ids(20, "o"));
  await send(inbox.urgent, ids(6, "u"));
  const runtime = (name: string): Runtime => ({
    ...{ name, what: "a function" },
    tick: async () =>
      readReport(
        JSON.parse(
          JSON.stringify(await drain([inbox.urgent, inbox.ordinary], handler, { maxMessages: 5 })),
        ),
      ),
  });
  const { stillWaiting, done } = await showPriority(
    [runtime("a"), runtime("b")],
    inbox,
    Date.now() + 60_000,
  );
  expect(stillWaiting).toBe(16);
  expect([...done.values()].map(({ completed }) => completed)).toEqual([5, 5]);
});

test("of delayed deliveries it is seen when they were done, and one can be cancelled", async () => {
  const inbox = open();
  const delayed = [delivery("d-1"), delivery("d-2")];
  const plan = { ways: { delayed }, cancelled: delivery("never") };
  const spread = { firstMs: 300, apartMs: 50 };
  const watching = await watchDelays(inbox, plan, serverClock(), spread);
  expect(watching.delays).toMatchObject({ waited: 2, cancelled: true });
  const seen: unknown[] = [];
  while (!watching.isOver()) {
    await drain(inbox.ordinary, ({ payload }) => {
      seen.push(payload.delivery);
      return "done";
    });
  }
  expect(seen).toEqual(["d-1", "d-2"]);
  for (const ms of watching.delays.lateness.values()) expect(ms).toBeGreaterThanOrEqual(0);
});

test("a delayed delivery that is done too early is seen, too", async () => {
  const { ordinary, urgent } = open();
  const inbox = { ordinary: { ...ordinary, result: async () => "done" }, urgent };
  const plan = { ways: { delayed: [delivery("d-1")] }, cancelled: delivery("never") };
  const spread = { firstMs: 60_000, apartMs: 0 };
  const watching: Watching = await watchDelays(inbox, plan, serverClock(), spread);
  await expect.poll(() => watching.isOver()).toBe(true);
  expect(watching.delays.lateness.get("d-1")).toBeLessThan(0);
});

test("answers add up by what was meant and by status", () => {
  const none = { first: {}, again: {}, forged: {}, malformed: {} };
  const one = { ...none, first: { 202: 3, 0: 1 }, forged: { 401: 2 } };
  const other = { ...none, first: { 202: 4 }, malformed: { 400: 1 } };
  expect(addAnswers(one, other)).toEqual({
    first: { 202: 7, 0: 1 },
    again: {},
    forged: { 401: 2 },
    malformed: { 400: 1 },
  });
});
