import { expect, test } from "vitest";
import { failsOnce, parseFaults } from "../../functions/inbox/faults.ts";
import { inboxHandler } from "../../functions/inbox/handle.ts";
import { inboxOptions, inboxQueue } from "../../functions/inbox/queue.ts";
import { drain } from "../../src/index.ts";
import { uniqueName } from "../support/redis.ts";
import { tcpStore } from "../support/stores.ts";

const PLAN = parseFaults("once=4,always=broken");
const IDS = Array.from({ length: 40 }, (_, n) => `delivery-${n}`);
const FAIL_ONCE = IDS.filter((id) => failsOnce(PLAN, id));

function inbox(ids: readonly string[]) {
  const queue = inboxQueue(tcpStore(), {
    stream: uniqueName("inbox"),
    maxFailures: 3,
    backoff: { initial: 0 },
  });
  const messages = ids.map((delivery) => ({ payload: { event: "push", delivery, payload: {} } }));
  return { queue, sent: queue.sendBatch(messages) };
}

test("some deliveries fail the first time, whichever process gets them, and succeed then", async () => {
  expect(FAIL_ONCE.length).toBeGreaterThan(2);
  expect(FAIL_ONCE.length).toBeLessThan(IDS.length / 2);
  const { queue, sent } = inbox(IDS);
  await sent;
  let completed = 0;
  let retried = 0;
  while (completed < IDS.length) {
    // A handler made anew for each pass remembers nothing, as in another process.
    const report = await drain(queue, inboxHandler("once=4,always=broken"), { maxMessages: 15 });
    completed += report.completed;
    retried += report.retried;
    expect(report.dead).toBe(0);
  }
  expect(retried).toBe(FAIL_ONCE.length);
});

test("one delivery fails every time, and ends as a dead letter", async () => {
  const { queue, sent } = inbox(["sound", "broken"]);
  await sent;
  const handler = inboxHandler("always=broken");
  let dead = 0;
  while (dead === 0) dead = (await drain(queue, handler)).dead;
  const letters = await queue.deadLetters.list();
  expect(letters).toMatchObject([{ payload: { delivery: "broken" }, failures: 3 }]);
});

test.each([undefined, ""])("without a plan (%j) nothing fails", (text) => {
  expect(parseFaults(text)).toEqual({ onceIn: 0, always: undefined });
  expect(IDS.some((id) => failsOnce(parseFaults(text), id))).toBe(false);
});

test.each(["once", "once=0", "once=x", "often=2", "always="])(
  "a plan that cannot be read (%s) is no plan without faults",
  (text) => {
    expect(() => parseFaults(text)).toThrow("INBOX_FAULTS");
  },
);

test.each([
  ["plain fields", { user_id: "1001" }],
  ["null", null],
])("an entry that is no delivery (%s) is given up at once", async (_, payload) => {
  const { queue, sent } = inbox([]);
  await sent;
  await queue.send(payload as never);
  expect(await drain(queue, inboxHandler("once=1,always=x"))).toMatchObject({
    dead: 1,
    retried: 0,
  });
  expect(await queue.deadLetters.list()).toMatchObject([{ reason: "rejected" }]);
});

test("a deployment sets the stream, the lease, the backoff and whether results are kept", () => {
  const options = inboxOptions({
    INBOX_STREAM: "s",
    INBOX_LEASE: "3 s",
    INBOX_BACKOFF: "200 ms",
    INBOX_RESULTS: "keep",
  });
  const { name, storeQueue, backoff } = inboxQueue(tcpStore(), options).resolved;
  expect({ name, ...storeQueue, ...backoff }).toMatchObject({
    name: "inbox",
    stream: "s",
    leaseMs: 3_000,
    initialMs: 200,
    keepResults: true,
  });
  expect(inboxOptions({ INBOX_STREAM: "" })).toEqual({});
});
