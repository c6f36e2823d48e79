import { expect, test } from "vitest";
import { createQueue, type DrainOptions, drain, OptionError } from "../../src/index.ts";
import { drawOrder } from "../../src/priority.ts";
import type { Clock, Store } from "../../src/store.ts";
import { memoryStore, virtualClock } from "../../src/testing.ts";
import { movingClock } from "../conformance/moving-clock.ts";
import { newToken, turnRequest } from "../conformance/workbench.ts";

const LEVELS = ["high", "normal", "low"] as const;

/** Chances of which none begins a turn with a later queue. */
function unguarded(): () => number {
  let drawn = 0;
  return () => 0.1 + 0.9 * ((++drawn * 0.618_034) % 1);
}

/** Three queues with so many messages each; chance as given. */
async function openThree(counts: readonly number[], random?: () => number) {
  const clock: Clock = { ...virtualClock(), ...(random === undefined ? {} : { random }) };
  const store: Store = memoryStore({ clock });
  const queues = LEVELS.map((name) => createQueue<number>({ name, store }));
  for (const [place, queue] of queues.entries()) {
    await queue.sendBatch(Array.from({ length: counts[place] ?? 0 }, (_, n) => ({ payload: n })));
  }
  const [high, normal, low] = queues as [
    (typeof queues)[number],
    (typeof queues)[number],
    (typeof queues)[number],
  ];
  return { queues: [high, normal, low] as const, store };
}

/** The queues of the messages in the order in which their handlers started. */
async function startsOf(
  queues: Awaited<ReturnType<typeof openThree>>["queues"],
  options: DrainOptions = {},
): Promise<string[]> {
  const starts: string[] = [];
  await drain(queues, (message) => starts.push(message.queue), { concurrency: 1, ...options });
  return starts;
}

test("in strict order nothing of a later queue starts before the earlier ones are empty", async () => {
  const { queues } = await openThree([250, 120, 30], unguarded());
  const expected = LEVELS.flatMap((level, place) =>
    Array<string>([250, 120, 30][place] ?? 0).fill(level),
  );
  expect(await startsOf(queues)).toEqual(expected);
});

test("what comes into an earlier queue is started before what waits in a later one", async () => {
  const { queues } = await openThree([0, 300, 0], unguarded());
  const starts: string[] = [];
  await drain(
    queues,
    async (message) => {
      starts.push(message.queue);
      if (starts.length === 1) await queues[0].send(0);
    },
    { concurrency: 1, batch: 100 },
  );
  // Behind the batch that was claimed already, and before the next one.
  expect(starts.indexOf("high")).toBe(100);
});

test("one turn in ten begins with a later queue, so that none starves", async () => {
  let drawn = 0;
  const evenly = () => (++drawn * 0.618_034) % 1;
  const { queues } = await openThree([2_000, 100, 100], evenly);
  const starts = await startsOf(queues, { maxMessages: 1_000, batch: 10 });
  const early = starts.slice(0, 1_000);
  const share = (level: string) => early.filter((name) => name === level).length / early.length;
  expect(share("normal")).toBeGreaterThan(0.02);
  expect(share("low")).toBeGreaterThan(0.02);
  expect(share("high")).toBeGreaterThan(0.85);
});

test("weights are how often a queue comes first", () => {
  const firsts = [0, 0, 0];
  const steps = 1_000;
  for (let step = 0; step < steps; step += 1) {
    const [first = 0] = drawOrder(3, [6, 3, 1], () => (step + 0.5) / steps);
    firsts[first] = (firsts[first] ?? 0) + 1;
  }
  expect(firsts).toEqual([600, 300, 100]);
});

test("every order names each queue once", () => {
  for (const weights of [undefined, [5, 1, 1, 1]]) {
    for (const chance of [0, 0.03, 0.0999, 0.1, 0.5, 0.999999]) {
      expect([...drawOrder(4, weights, () => chance)].sort()).toEqual([0, 1, 2, 3]);
    }
  }
  expect(drawOrder(4, undefined, () => 0.1)).toEqual([0, 1, 2, 3]);
  expect(drawOrder(4, undefined, () => 0.0999)).toEqual([3, 0, 1, 2]);
});

test("a limit of messages holds for all queues together", async () => {
  const { queues } = await openThree([30, 30, 30]);
  const report = await drain(queues, () => {}, { maxMessages: 40, batch: 25 });
  expect(report).toMatchObject({ stopped: "messages", claimed: 40, completed: 40, more: true });
});

test("handlers of all queues together are as many as the concurrency says", async () => {
  const { queues } = await openThree([20, 20, 20]);
  let running = 0;
  let most = 0;
  await drain(
    queues,
    async () => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running -= 1;
    },
    { concurrency: 4, batch: 6 },
  );
  expect(most).toBe(4);
});

test("queues and weights that cannot be used are refused before any request", async () => {
  const { queues, store } = await openThree([1, 1, 1]);
  const [high, normal] = queues;
  const other = createQueue({ name: "elsewhere", store: memoryStore() });
  const twin = createQueue({ name: "twin", store, stream: "high" });
  const refused = async (given: readonly unknown[], options: DrainOptions, text: string) => {
    const attempt = drain(given as typeof queues, () => {}, options);
    await expect(attempt).rejects.toThrow(OptionError);
    await expect(attempt).rejects.toThrow(text);
  };
  await refused([], {}, "at least one queue");
  await refused([high, other], {}, "queues made with one store");
  await refused([high, twin], {}, "different streams");
  const queueOf = (name: string, stream: string) =>
    createQueue({ name, store, deadLetters: { stream } });
  const [ping, pong] = [queueOf("ping", "pong"), queueOf("pong", "ping")];
  await refused([high, ping, pong], {}, "without each other's dead letters");
  await refused([high, undefined], {}, "createQueue");
  await refused([high, normal], { weights: [1] }, "a number for each");
  await refused([high], { weights: [1] }, "a number for each");
  await refused([high, normal], { weights: [1, 0] }, "weights[1]");
  await refused([high, normal], { weights: [1, 0.5] }, "weights[1]");
  expect(await high.depth()).toMatchObject({ entries: 1, inFlight: 0 });
});

test("a queue that holds back what is due does not make a pass ask on and on for another's rate", async () => {
  const clock = movingClock();
  const store = memoryStore({ clock });
  const none = { initial: 0, jitter: "none" } as const;
  const rated = createQueue<number>({ name: "rated", store, rateLimit: { limit: 1, per: "5 s" } });
  const full = createQueue<number>({ name: "full", store, maxInFlight: 1, backoff: none });
  await rated.sendBatch([{ payload: 1 }, { payload: 2 }]);
  await full.sendBatch(Array.from({ length: 5 }, (_, payload) => ({ payload })));
  await drain(full, () => Promise.reject(new Error("once")), { maxMessages: 4, batch: 1 });
  await store.turn(full.resolved.storeQueue, turnRequest(newToken(), { claim: 1 }), {});
  await drain(rated, () => {}, { maxMessages: 1 });
  const report = await drain([rated, full], () => {}, { batch: 1, maxDuration: "20 s" });
  expect(report.queues?.map(({ completed }) => completed)).toEqual([1, 0]);
  expect(report.requests).toBeLessThan(20);
});
