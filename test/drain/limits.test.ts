import type { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createQueue, drain, type Handler, InterruptError, PayloadError } from "../../src/index.ts";
import { memoryStore, virtualClock } from "../../src/testing.ts";
import { consumersOf } from "../support/leftovers.ts";
import { connectRaw, serverTest, uniqueName } from "../support/redis.ts";
import { tcpQueue } from "../support/stores.ts";
import { faultyStore } from "../support/transports.ts";

let redis: Redis;
beforeAll(() => {
  redis = connectRaw();
});
afterAll(() => redis.disconnect());

function numbers(count: number) {
  return Array.from({ length: count }, (_, n) => ({ payload: n }));
}

describe("a pass never makes more requests than it may", () => {
  for (const maxRequests of [3, 4, 7]) {
    for (const faulty of [0, 2, 3, 5]) {
      test(`at most ${maxRequests}, with every response from the ${faulty}th on lost`, async () => {
        const queue = tcpQueue<number>();
        await queue.sendBatch(numbers(2_000));
        const { store, requests } = faultyStore(redis, (request) =>
          faulty > 0 && request >= faulty ? "response lost" : undefined,
        );
        const faultyQueue = createQueue<number>({ name: queue.name, store });
        const report = await drain(faultyQueue, () => {}, { maxRequests }).catch(() => undefined);
        expect(requests()).toBeLessThanOrEqual(maxRequests);
        if (faulty === 0) expect(report).toMatchObject({ stopped: "requests", lost: 0 });
        // Whatever it claimed and could not settle comes again.
        const { entries } = await queue.depth();
        expect((report?.completed ?? 0) + entries).toBeLessThanOrEqual(2_000 + 100 * maxRequests);
        expect(entries).toBeGreaterThan(0);
      });
    }
  }
});

test("lanes share the limit of messages, and leave no consumer behind", async () => {
  const queue = tcpQueue<number>();
  await queue.sendBatch(numbers(1_000));
  const seen = new Set<number>();
  const report = await drain(
    queue,
    async ({ payload }) => {
      seen.add(payload);
    },
    { lanes: 4, batch: 50, maxMessages: 730 },
  );
  expect(report).toMatchObject({ stopped: "messages", completed: 730, claimed: 730 });
  expect(seen.size).toBe(730);
  expect(await consumersOf(redis, queue.name)).toEqual(["xd:suspects"]);
  expect(await drain(queue, () => {}, { lanes: 4 })).toMatchObject({ completed: 270 });
  expect(await consumersOf(redis, queue.name)).toEqual(["xd:suspects"]);
});

test("no more handlers run at once than may, over all lanes", async () => {
  const queue = tcpQueue<number>();
  await queue.sendBatch(numbers(300));
  let running = 0;
  let most = 0;
  await drain(
    queue,
    async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((done) => setImmediate(done));
      running -= 1;
    },
    { lanes: 3, concurrency: 7, batch: 20 },
  );
  expect(most).toBe(7);
});

test("an aborted pass ends what runs, gives back what waits, and says so", async () => {
  const queue = tcpQueue<number>();
  await queue.sendBatch(numbers(50));
  const stop = new AbortController();
  const report = await drain(
    queue,
    (_, { signal }) => {
      stop.abort();
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    },
    { signal: stop.signal, concurrency: 5 },
  );
  expect(report).toMatchObject({ stopped: "aborted", more: true, completed: 0 });
  expect(report).toMatchObject({ released: 50, retried: 0 });
  expect(await queue.depth()).toMatchObject({ entries: 50, inFlight: 0, parked: 50 });
});

test("a pass that ends because its requests are used up starts nothing more", async () => {
  const clock = virtualClock();
  const queue = createQueue<number>({ name: "q", store: memoryStore({ clock }) });
  await queue.sendBatch(numbers(10));
  let started = 0;
  const report = await drain(
    queue,
    (_, { signal }) => {
      started += 1;
      // Time goes on until nothing is left to renew the leases with.
      const goOn = () => {
        clock.advance(10_000);
        if (!signal.aborted) setImmediate(goOn);
      };
      setImmediate(goOn);
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    },
    { maxRequests: 3, concurrency: 1, maxDuration: "10 m" },
  );
  expect(report).toMatchObject({ stopped: "requests", retried: 1, released: 9, uncertain: 0 });
  expect(started).toBe(1);
  expect(await queue.depth()).toMatchObject({ inFlight: 0, parked: 10 });
});

test("a message that a called-off pass interrupts has not failed, however often", async () => {
  const queue = tcpQueue<string>({ maxFailures: 2 });
  await queue.send("deployed over");
  const seen: unknown[] = [];
  for (let pass = 0; pass < 5; pass += 1) {
    const stop = new AbortController();
    const interrupted: Handler<string> = (message, { signal }) => {
      seen.push([message.deliveries, message.failures]);
      stop.abort();
      return new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(new Error())),
      );
    };
    const report = await drain(queue, interrupted, { signal: stop.signal });
    expect(report).toMatchObject({ stopped: "aborted", released: 1, retried: 0, dead: 0 });
    expect(report.errors[0]?.error).toContain("InterruptError: The pass ended while this ran");
  }
  expect(seen).toEqual(Array(5).fill([1, 0]));
  expect(await drain(queue, () => {})).toMatchObject({ completed: 1 });
});

test("the reason of another pass, or one that a handler makes, is a failure like any other", async () => {
  const queue = tcpQueue<number>({ maxFailures: 1 });
  await queue.sendBatch(numbers(2));
  const kept: unknown[] = [];
  const stop = new AbortController();
  const keep: Handler<number> = (_, { signal }) => {
    stop.abort();
    return new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(kept[kept.push(signal.reason) - 1]));
    });
  };
  await drain(queue, keep, { signal: stop.signal, concurrency: 1, maxMessages: 1 });
  const report = await drain(queue, ({ payload }) => {
    throw payload === 0 ? kept[0] : new InterruptError("pass_aborted", "I say so.");
  });
  expect(report).toMatchObject({ dead: 2, released: 0 });
});

test("a signal that a timer aborts is a deadline: what it interrupts has failed", async () => {
  const queue = tcpQueue<string>({ maxFailures: 1 });
  await queue.send("too slow");
  const reason = new DOMException("The operation timed out.", "TimeoutError");
  const stop = new AbortController();
  const never: Handler<string> = () => {
    stop.abort(reason);
    return new Promise(() => {});
  };
  const report = await drain(queue, never, { signal: stop.signal });
  expect(report).toMatchObject({ stopped: "aborted", dead: 1, released: 0 });
});

test("a pass whose signal was aborted before it began makes no request", async () => {
  const { store, requests } = faultyStore(redis, () => undefined);
  const queue = createQueue<number>({ name: uniqueName(), store });
  const report = await drain(queue, () => {}, { signal: AbortSignal.abort() });
  expect(report).toMatchObject({ stopped: "aborted", requests: 0 });
  expect(requests()).toBe(0);
});

test("a handler that takes too long has failed, and its late result changes nothing", async () => {
  const queue = tcpQueue<string>({ backoff: { initial: "1 h" } });
  await queue.send("slow");
  let finish: () => void = () => {};
  const report = await drain(
    queue,
    () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      }),
    { handlerTimeout: 20 },
  );
  finish();
  expect(report).toMatchObject({ completed: 0, retried: 1 });
  expect(report.errors[0]?.error).toBe("InterruptError: The handler took longer than 20 ms.");
  expect(await queue.depth()).toMatchObject({ entries: 1, parked: 1 });
});

test("payloads beyond the limit of a turn are given back, and come with later turns", async () => {
  const queue = tcpQueue<string>();
  const payload = "x".repeat(900_000);
  await queue.sendBatch(Array.from({ length: 30 }, () => ({ payload })));
  const deliveries: number[] = [];
  const report = await drain(
    queue,
    (message) => {
      deliveries.push(message.deliveries);
    },
    { prefetch: false },
  );
  expect(report).toMatchObject({ completed: 30, lost: 0 });
  expect(deliveries).toEqual(Array(30).fill(1));
  expect(report.turns).toBeLessThanOrEqual(10);
});

test("results of handlers are kept under the key or the id", async () => {
  const queue = tcpQueue<number>({ keepResults: true });
  const { id } = await queue.send(2);
  await queue.send(3, { idempotencyKey: "three" });
  expect(await queue.result("three")).toBeUndefined();
  await drain(queue, ({ payload }) => ({ squared: payload * payload }));
  expect(await queue.result(id)).toEqual({ squared: 4 });
  expect(await queue.result("three")).toEqual({ squared: 9 });
});

test("leases of what waits in hand are renewed while an earlier message is worked on", async () => {
  const queue = tcpQueue<number>({ visibilityTimeout: 2_000 });
  await queue.sendBatch(numbers(3));
  const other = tcpQueue<number>({ name: queue.name, visibilityTimeout: 2_000 });
  const stolen: number[] = [];
  const report = await drain(
    queue,
    async ({ payload }) => {
      if (payload > 0) return;
      const until = Date.now() + 2_600;
      while (Date.now() < until) {
        await drain(other, ({ payload: n }) => {
          stolen.push(n);
        });
      }
    },
    { concurrency: 1 },
  );
  expect(stolen).toEqual([]);
  expect(report).toMatchObject({ completed: 3, lost: 0 });
});

serverTest(
  "a handler that goes on after its abort, and fails at last, disturbs nobody",
  async () => {
    const queue = tcpQueue<string>();
    await queue.send("stubborn");
    let fail: (error: Error) => void = () => {};
    const stop = new AbortController();
    const report = await drain(
      queue,
      () =>
        new Promise((_resolve, reject) => {
          fail = reject;
          setImmediate(() => stop.abort());
        }),
      { signal: stop.signal },
    );
    expect(report).toMatchObject({ stopped: "aborted", released: 1 });
    // An unhandled rejection would end the process, and this test run with it.
    fail(new Error("too late"));
    await new Promise((done) => setImmediate(done));
  },
);

test("what caused an error is told with it, three causes deep and no payload", async () => {
  const queue = tcpQueue<number>({ maxFailures: 1 });
  await queue.sendBatch(numbers(3));
  const deep = [4, 3, 2, 1].reduce(
    (cause: Error | undefined, n) => new Error(`cause ${n}`, { cause }),
    undefined,
  );
  const own = new PayloadError("invalid_payload", "Not JSON.", { cause: new Error("a payload") });
  const circle = new Error("a circle");
  circle.cause = circle;
  const errors = [new TypeError("fetch failed", { cause: deep }), own, circle];
  await drain(queue, ({ payload }) => {
    throw errors[payload];
  });
  const letters = await queue.deadLetters.list();
  expect(letters.map(({ error }) => error).sort()).toEqual([
    "Error: a circle; caused by Error: a circle; caused by Error: a circle; caused by Error: a circle",
    "PayloadError: Not JSON.",
    "TypeError: fetch failed; caused by Error: cause 1; caused by Error: cause 2; caused by Error: cause 3",
  ]);
});

test("a handler that throws what has no text fails like any other", async () => {
  const queue = tcpQueue<number>({ backoff: { initial: "1 h" } });
  await queue.sendBatch(numbers(2));
  const report = await drain(queue, ({ payload }) => {
    if (payload === 0) throw Object.create(null);
  });
  expect(report).toMatchObject({ completed: 1, retried: 1 });
  expect(report.errors[0]?.error).toBe("an error that has no text");
});

test("a handler that blocks the process past the deadline is settled all the same", async () => {
  const queue = tcpQueue<number>({ backoff: { initial: "1 h" } });
  await queue.sendBatch(numbers(20));
  const report = await drain(
    queue,
    ({ payload }, { signal, deadline }) => {
      if (payload === 3) {
        while (Date.now() < deadline.getTime() + 100);
        return;
      }
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    },
    { maxDuration: 2_000, concurrency: 5 },
  );
  const { completed, retried, released, lost, uncertain } = report;
  expect(report).toMatchObject({ stopped: "deadline", claimed: 20, completed: 1, lost: 0 });
  expect(completed + retried + released + lost + uncertain).toBe(20);
  expect(await queue.depth()).toMatchObject({ inFlight: 0, parked: 19 });
});
