import { expect } from "vitest";
import { drain } from "../../src/index.ts";
import { run } from "../cli/support/run.ts";
import { uniqueName } from "../support/redis.ts";
import { type Hand, seedTest, startProgram } from "./hands.ts";
import { type Entry, GROUP, type Orders, openShop, orders, type Worked } from "./shop.ts";

// Retries counted in the field `retry_count`, and a stream of dead letters beside the queue. A worker tries a
// message, sends it again with one more up to three times, and then copies it into the dead letters: four tries.

const TRIES = 4;

/** A queue that reads what the workers count and what they give up on. */
async function openRetries(hand: Hand) {
  const letters = uniqueName("orders_dlq");
  const shop = await openShop({
    maxFailures: 3,
    backoff: { initial: 0 },
    retryCountField: "retry_count",
    deadLetters: { stream: letters },
  });
  const { stream, queue } = shop;
  const worker = startProgram(hand);
  const work = (settings: Readonly<Record<string, unknown>>) =>
    worker.run<Worked>("work", {
      ...{ streams: [stream], group: GROUP, name: "w", deadLetters: letters },
      ...settings,
    });
  return { ...shop, letters, worker, work, tries: countTries(queue) };
}

/** How often passes tried each order, all of which the bank declines; and a pass that does it. */
function countTries(queue: Orders) {
  const counts: Record<string, number> = {};
  return {
    counts,
    add(id: string) {
      counts[id] = (counts[id] ?? 0) + 1;
    },
    pass(options = {}) {
      return drain(
        queue,
        ({ payload }) => {
          this.add(payload.order_id);
          throw new Error("card declined");
        },
        options,
      );
    },
  };
}

/** The list of dead letters, which is as long as the statistics say. */
async function lettersOf(queue: Orders) {
  const list = await queue.deadLetters.list();
  expect((await queue.stats()).dead).toBe(list.length);
  return list;
}

seedTest(
  "an order at 3 of 3 gets one more try, those before it the rest of theirs",
  async (hand) => {
    const { stream, queue, worker, tries } = await openRetries(hand);
    const counted = orders(4).map((order, n) => (n === 0 ? order : { ...order, retry_count: n }));
    await worker.run("produce", { stream, orders: counted });
    while ((await tries.pass()).retried > 0);
    expect(tries.counts).toEqual({ ord_0: 3, ord_1: 2, ord_2: 1, ord_3: 1 });
    const failures = (await lettersOf(queue)).map((letter) => [
      letter.payload?.order_id,
      letter.failures,
    ]);
    expect(failures.sort()).toEqual([
      ["ord_0", 3],
      ["ord_1", 3],
      ["ord_2", 3],
      ["ord_3", 4],
    ]);
  },
);

seedTest("workers and passes together never try an order more often than allowed", async (hand) => {
  const { stream, queue, worker, work, tries } = await openRetries(hand);
  const all = orders(12);
  const declined = all.map(({ order_id }) => order_id);
  await worker.run("produce", { stream, orders: all });
  for (let left = 1; left > 0; ) {
    // By turns, so that most orders go from the one to the other and back.
    const worked = await work({ declined, limit: 4, count: 4 });
    for (const { order_id = "" } of worked.tries) tries.add(order_id);
    const report = await tries.pass({ maxMessages: 3 });
    left = worked.tries.length + report.claimed;
  }
  const letters = await lettersOf(queue);
  expect(letters.map(({ payload }) => payload?.order_id).sort()).toEqual(declined.sort());
  for (const id of declined) {
    expect(tries.counts[id]).toBeGreaterThanOrEqual(TRIES - 1);
    expect(tries.counts[id]).toBeLessThanOrEqual(TRIES);
  }
  expect(new Set(letters.map(({ reason }) => reason)), "both gave up on some").toEqual(
    new Set(["card declined", "failed"]),
  );
  expect(await queue.depth()).toMatchObject({ entries: 0, inFlight: 0, parked: 0 });
});

seedTest(
  "letters of workers and of passes are listed, shown, redriven and removed",
  async (hand) => {
    const { stream, queue, letters, worker, work, tries } = await openRetries(hand);
    const last = orders(3).map((order) => ({ ...order, retry_count: 3 }));
    await worker.run("produce", { stream, orders: last.slice(0, 2) });
    await work({ declined: ["ord_0", "ord_1"] });
    expect(await lettersOf(queue)).toHaveLength(2);
    await worker.run("produce", { stream, orders: last.slice(2) });
    await tries.pass();

    const [first, second, ours, ...more] = await lettersOf(queue);
    expect(more).toEqual([]);
    const raw = await worker.run<Entry[]>("range", { stream: letters });
    expect(first).toMatchObject({
      id: raw[0]?.[0],
      reason: "card declined",
      failedAt: new Date(Number(raw[0]?.[1].failed_at) * 1_000),
      failures: 3,
      deliveries: undefined,
      payload: { order_id: "ord_0", item: "iPhone 15", total: "99.99", retry_count: "3" },
    });
    expect(raw[0]?.[1].failed_at).toMatch(/^\d{10}$/);
    expect(ours).toMatchObject({ reason: "failed", failures: 4, payload: { order_id: "ord_2" } });
    expect(raw[2]?.[1], "and workers find its fields").toMatchObject({ order_id: "ord_2" });

    const about = [
      "-q",
      stream,
      "--dead-letter-stream",
      letters,
      "--retry-count-field",
      "retry_count",
    ];
    const shown = (await run(["dlq", "show", ...about, second?.id ?? ""])).stdout;
    expect(shown).toMatch(/^reason +card declined$/m);
    expect(shown).toMatch(/^failures +3$/m);

    const again = await queue.deadLetters.redrive([first?.id ?? "", ours?.id ?? ""]);
    expect(await lettersOf(queue)).toMatchObject([{ id: second?.id }]);
    const worked = await work({});
    expect(worked.done.map(({ id }) => id)).toEqual(again);
    const fields = { customer_id: "cus_456", item: "iPhone 15", total: "99.99" };
    expect(worked.tries, "they start anew").toEqual([
      { order_id: "ord_0", ...fields },
      { order_id: "ord_2", ...fields },
    ]);
    expect(await queue.deadLetters.remove([second?.id ?? ""])).toBe(1);
    expect(await lettersOf(queue)).toEqual([]);
  },
);
