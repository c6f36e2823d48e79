import { expect, test } from "vitest";
import {
  createQueue,
  type DrainOptions,
  drain,
  type KickRequest,
  OptionError,
  type QueueOptions,
} from "../../src/index.ts";
import { faultyStore, memoryStore, type VirtualClock } from "../../src/testing.ts";
import { movingClock } from "../conformance/moving-clock.ts";

/** A queue in virtual time that writes down its kicks. */
function openQueue(options: Partial<QueueOptions> = {}) {
  const clock = movingClock();
  const kicks: KickRequest[] = [];
  const kick = async (request: KickRequest) => void kicks.push(request);
  const store = memoryStore({ clock });
  const queue = createQueue<number>({ name: "orders", store, wake: { kick }, ...options });
  return { queue, clock, kicks, store };
}

const batch = (count: number) => Array.from({ length: count }, (_, payload) => ({ payload }));

test("many sends in a moment make one kick, and a later one makes another", async () => {
  const { queue, clock, kicks } = openQueue();
  for (let n = 0; n < 5; n += 1) await queue.send(n, { wake: true });
  expect(kicks).toMatchObject([{ queue: "orders", depth: 0 }]);
  clock.advance(1_000);
  await queue.sendBatch([{ payload: 5 }, { payload: 6, wake: true }]);
  expect(kicks).toHaveLength(2);
});

test("a send that does not say so kicks nobody, and neither does a duplicate", async () => {
  const { queue, clock, kicks } = openQueue({ deduplicate: true });
  await queue.send(1, { idempotencyKey: "k" });
  expect(kicks).toEqual([]);
  await queue.send(2, { idempotencyKey: "k", wake: true });
  expect(kicks).toEqual([]);
  clock.advance(1_000);
  await queue.send(3, { idempotencyKey: "l", wake: true });
  expect(kicks).toHaveLength(1);
});

test("a kick that fails does not fail the send, and is told", async () => {
  const told: unknown[] = [];
  const kick = () => Promise.reject(new Error("nobody there"));
  const onError = (error: unknown) => {
    told.push(error);
    throw new Error("ignored");
  };
  const { queue } = openQueue({ wake: { kick, onError } });
  expect(await queue.send(1, { wake: true })).toMatchObject({ id: expect.any(String) });
  expect(told).toMatchObject([{ message: "nobody there" }]);
});

test("a kick that hangs holds up no send and no pass for long", async () => {
  const told: unknown[] = [];
  const wake = {
    kick: () => new Promise<void>(() => {}),
    onError: async (e: unknown) => told.push(e),
  };
  const { queue, clock } = openQueue({ wake });
  const startedAt = clock.now();
  await queue.send(1, { wake: true });
  expect(clock.now() - startedAt).toBe(5_000);
  await queue.sendBatch(batch(5));
  const options = { maxMessages: 1, continuation: { maxDepth: 1 }, maxDuration: "2 s" } as const;
  expect(await drain(queue, () => {}, options)).toMatchObject({ continued: false });
  expect(clock.now() - startedAt).toBe(7_000);
  expect(told).toHaveLength(2);
});

test("waking needs to know how, and a delayed message cannot ask for a pass now", async () => {
  const plain = createQueue<number>({ name: "orders", store: memoryStore() });
  await expect(plain.send(1, { wake: true })).rejects.toBeInstanceOf(OptionError);
  const options = { continuation: { maxDepth: 5 } };
  await expect(drain(plain, () => {}, options)).rejects.toBeInstanceOf(OptionError);
  const { queue } = openQueue();
  await expect(queue.send(1, { wake: true, delay: 5 })).rejects.toThrow(/too early/);
});

const LIMITED: DrainOptions = { maxMessages: 10, batch: 10, continuation: { maxDepth: 3 } };

test("a pass that leaves a backlog asks for the next, until the chain is long enough", async () => {
  const { queue, clock, kicks } = openQueue();
  await queue.sendBatch(batch(100));
  for (const depth of [0, 1, 2, 3]) {
    const report = await drain(queue, () => {}, { ...LIMITED, depth });
    expect(report).toMatchObject({ stopped: "messages", continued: depth < 3 });
    clock.advance(1_000);
  }
  expect(kicks.map(({ depth }) => depth)).toEqual([1, 2, 3]);
});

test("passes that overlap ask once in a moment", async () => {
  const { queue, kicks } = openQueue();
  await queue.sendBatch(batch(100));
  const passes = [1, 2, 3].map(() => drain(queue, () => {}, LIMITED));
  const reports = await Promise.all(passes);
  expect(reports.filter(({ continued }) => continued)).toHaveLength(1);
  expect(kicks).toHaveLength(1);
});

test("a chain of quick passes is not broken by the debounce", async () => {
  const { queue, kicks } = openQueue();
  await queue.sendBatch(batch(100));
  for (const depth of [0, 1, 2]) await drain(queue, () => {}, { ...LIMITED, depth });
  expect(kicks.map(({ depth }) => depth)).toEqual([1, 2, 3]);
});

test("the pass that a send asked for takes along what is sent in its debounce", async () => {
  const { queue, kicks, store } = openQueue();
  await queue.send(1, { wake: true });
  void store.sleep(600).then(() => queue.send(2, { wake: true }));
  const seen: number[] = [];
  const handler = ({ payload }: { readonly payload: number }) => void seen.push(payload);
  const kicked = await drain(queue, handler, { depth: 0 });
  expect(seen).toEqual([1, 2]);
  expect(kicked).toMatchObject({ stopped: "empty", polls: 0 });
  expect(kicks).toHaveLength(1);
});

test("what is sent in a debounce is taken along, where only the sender knows of the debounce", async () => {
  const { queue, kicks, store } = openQueue();
  const drainer = createQueue<number>({ name: "orders", store });
  await queue.send(1, { wake: true });
  const later = store.sleep(600).then(() => queue.send(2, { wake: true }));
  const seen: number[] = [];
  const { depth = 0, debounce = 0 } = kicks[0] ?? {};
  await drain(drainer, ({ payload }) => void seen.push(payload), { depth, debounce });
  await later;
  expect(seen).toEqual([1, 2]);
  expect(kicks).toHaveLength(1);
});

test("a chain that a send began takes along what is sent in its debounce", async () => {
  const { queue, kicks, store } = openQueue();
  await queue.sendBatch(batch(15));
  await queue.send(15, { wake: true });
  const later = store.sleep(600).then(() => queue.send(16, { wake: true }));
  const seen: number[] = [];
  for (const { depth, debounce = 0 } of kicks) {
    const options = { ...LIMITED, depth, debounce };
    await drain(queue, ({ payload }) => void seen.push(payload), options);
  }
  await later;
  expect(kicks.map(({ depth }) => depth)).toEqual([0, 1]);
  expect(seen).toContain(16);
});

test("the next pass of a chain stays as long as what relies on the one before", async () => {
  const { queue, kicks, store } = openQueue();
  await queue.sendBatch(batch(20));
  const handler = () => store.sleep(1_000);
  await drain(queue, handler, { ...LIMITED, depth: 0, debounce: "7 s" });
  expect(kicks).toMatchObject([{ depth: 1, debounce: 6_000 }]);
});

test("a lost answer to the question who asks for the next pass does not end the chain", async () => {
  const { kicks, store } = openQueue();
  const wake = { kick: async (request: KickRequest) => void kicks.push(request) };
  const faulty = faultyStore(store, ({ operation, attempt }) =>
    operation === "takeKick" && attempt === 1 ? "response lost" : undefined,
  );
  const queue = createQueue<number>({ name: "orders", store: faulty, wake });
  await queue.sendBatch(batch(20));
  expect(await drain(queue, () => {}, LIMITED)).toMatchObject({ continued: true });
  expect(kicks).toHaveLength(1);
});

test("a debounce is at most ten seconds, so that a pass can last as long", () => {
  const open = (debounce: "10 s" | "11 s" | 0) =>
    openQueue({ wake: { kick: async () => {}, debounce } });
  expect(() => open("11 s")).toThrow(/wake\.debounce.*from 1 to 10000 ms/);
  expect(() => open(0)).toThrow(OptionError);
  expect(open("10 s").queue.name).toBe("orders");
});

test("a large batch makes one kick when all of it is stored, and waits once for one that hangs", async () => {
  const found: number[] = [];
  const kick = async () => {
    found.push((await queue.depth()).entries);
    await new Promise<void>(() => {});
  };
  const { queue, clock } = openQueue({ wake: { kick } });
  const startedAt = clock.now();
  await queue.sendBatch(batch(1_200).map((one) => ({ ...one, wake: true })));
  expect(found).toEqual([1_200]);
  expect(clock.now() - startedAt).toBe(5_000);
});

test("a batch that fails in the middle kicks for what is stored", async () => {
  const { kicks, store } = openQueue();
  const wake = { kick: async (request: KickRequest) => void kicks.push(request) };
  let sends = 0;
  const faulty = faultyStore(store, ({ operation, attempt }) => {
    if (operation === "send" && attempt === 1) sends += 1;
    return sends > 1 && operation === "send" ? "request lost" : undefined;
  });
  const queue = createQueue<number>({ name: "orders", store: faulty, wake });
  const messages = batch(1_200).map((one) => ({ ...one, wake: true }));
  await expect(queue.sendBatch(messages)).rejects.toMatchObject({ sentIds: { length: 500 } });
  expect(kicks).toMatchObject([{ depth: 0, debounce: 1_000 }]);
});

test("a pass that may ask for the next one keeps a second for that", async () => {
  const { queue, clock, store } = openQueue();
  await queue.sendBatch(batch(2_000));
  const leftAfter = async (depth: number) => {
    const deadline = clock.now() + 20_000;
    let left = 0;
    const handler = async () => {
      await store.sleep(300);
      left = deadline - clock.now();
    };
    const continuation = { maxDepth: 1 };
    await drain(queue, handler, { deadline: new Date(deadline), continuation, depth });
    return left;
  };
  expect(await leftAfter(0)).toBeGreaterThanOrEqual(1_000);
  expect(await leftAfter(1)).toBeLessThan(1_000);
});

test("a pass that leaves nothing asks for none, and neither does one that was told to", async () => {
  const { queue, kicks } = openQueue();
  await queue.sendBatch(batch(5));
  expect(await drain(queue, () => {}, LIMITED)).toMatchObject({ stopped: "empty" });
  await queue.sendBatch(batch(20));
  const { continuation: _, ...without } = LIMITED;
  expect(await drain(queue, () => {}, without)).toMatchObject({ continued: false, more: true });
  expect(kicks).toEqual([]);
});

test("a pass that lingers works on what comes while it waits", async () => {
  const { queue, clock, store } = openQueue();
  const startedAt = clock.now();
  const seen: number[] = [];
  void store.sleep(3_000).then(() => queue.send(1));
  void store.sleep(9_000).then(() => queue.send(2));
  const report = await drain(queue, ({ payload }) => void seen.push(payload), {
    linger: true,
    maxDuration: "20 s",
  });
  expect(seen).toEqual([1, 2]);
  expect(report).toMatchObject({ stopped: "empty", completed: 2 });
  expect(clock.now() - startedAt).toBeGreaterThan(14_000);
  expect(clock.now() - startedAt).toBeLessThanOrEqual(20_000);
  // 0.2, 0.4, 0.8, 1.6 s, then work, the same again, then 3.2 s and 5 s
  expect(report.polls).toBeGreaterThanOrEqual(8);
  expect(report.polls).toBeLessThanOrEqual(16);
});

test("a pass that lingers is there when a delayed or retried message is due", async () => {
  const { queue, clock } = openQueue({ backoff: { initial: 700, factor: 1, jitter: "none" } });
  await queue.send(1, { delay: 2_345 });
  const at: number[] = [];
  const startedAt = clock.now();
  const handler = ({ failures }: { readonly failures: number }) => {
    at.push(clock.now() - startedAt);
    if (failures === 0) throw new Error("once");
  };
  await drain(queue, handler, { linger: { pause: "1 s" }, maxDuration: "10 s" });
  expect(at).toEqual([2_345, 3_045]);
});

test("a limited rate is waited for once, however much is due", async () => {
  const backoff = { initial: 0, jitter: "none" } as const;
  const { queue } = openQueue({ rateLimit: { limit: 50, per: "3 s" }, backoff });
  await queue.sendBatch(batch(50));
  await drain(queue, () => Promise.reject(new Error("once")), { maxMessages: 50 });
  const report = await drain(queue, () => {}, { batch: 10, maxDuration: "10 s" });
  expect(report.completed).toBe(50);
  expect(report.requests).toBeLessThan(20);
});

test.each([
  ["6 s", 5_500, 6],
  ["60 s", 59_500, 17],
] as const)(
  "a pass that lingers for %s stays to the end of its time",
  async (maxDuration, ms, polls) => {
    const { queue } = openQueue();
    const report = await drain(queue, () => {}, { linger: true, maxDuration });
    expect(report.stopped).toBe("empty");
    expect(report.elapsedMs).toBeGreaterThan(ms - 200);
    expect(report.elapsedMs).toBeLessThanOrEqual(ms);
    expect(report.requests).toBe(polls);
  },
);

test.each([0, 20, 700])(
  "a pass that lingers on timers that are %i ms late has seen the queue empty",
  async (late) => {
    const clock = movingClock();
    const sleep: VirtualClock["sleep"] = (ms, signal) =>
      clock.sleep(ms > 0 ? ms + late : ms, signal);
    const slow = { ...clock, sleep };
    const queue = createQueue<number>({ name: "orders", store: memoryStore({ clock: slow }) });
    await queue.send(0);
    const handler = () => clock.sleep(300); // a poll for which such a one has no time is none
    const report = await drain(queue, handler, { linger: true, maxDuration: "6 s" });
    expect(report).toMatchObject({ completed: 1, stopped: "empty", more: false });
  },
);

test("a pass that does not linger ends when nothing is left", async () => {
  const { queue, clock } = openQueue();
  const startedAt = clock.now();
  expect(await drain(queue, () => {})).toMatchObject({ stopped: "empty", polls: 0, turns: 1 });
  expect(clock.now()).toBe(startedAt);
});
