import type { DataPoint, Histogram } from "@opentelemetry/sdk-metrics";
import { expect, test } from "vitest";
import { createQueue } from "../../src/index.ts";
import { tracedDrain, tracedQueue } from "../../src/telemetry/index.ts";
import { memoryStore } from "../../src/testing.ts";
import { gate, recordMetrics } from "./support.ts";

const COMMON = { "messaging.system": "redis", "messaging.destination.name": "orders" };
const SEND = { ...COMMON, "messaging.operation.type": "send", "messaging.operation.name": "send" };
const PROCESS = {
  ...COMMON,
  "messaging.operation.type": "process",
  "messaging.operation.name": "process",
  "messaging.consumer.group.name": "xdrain",
};

function byAttributes(points: readonly DataPoint<number | Histogram>[] | undefined) {
  return (points ?? []).map(({ attributes, value }) => [
    attributes,
    typeof value === "number" ? value : value.count,
  ]);
}

test("sends and handlers are counted and timed, failures by their type", async () => {
  const { meter, read } = recordMetrics();
  const store = memoryStore();
  const queue = tracedQueue(createQueue<unknown>({ name: "orders", store }), { meter });
  await queue.send(1);
  await queue.sendBatch([{ payload: 2 }, { payload: 3 }, { payload: 4 }]);
  await expect(queue.send(1n)).rejects.toThrow();
  const work = async (payload: unknown) => {
    if (payload === 4) throw new TypeError("not this one");
  };
  await tracedDrain(queue, ({ payload }) => work(payload), {}, { meter });

  const metrics = await read();
  const failedSend = { ...SEND, "error.type": "invalid_payload" };
  const failedWork = { ...PROCESS, "error.type": "TypeError" };
  const points = (name: string) => byAttributes(metrics.get(name)?.points);
  expect(points("messaging.client.sent.messages")).toEqual([
    [SEND, 4],
    [failedSend, 1],
  ]);
  expect(points("messaging.client.operation.duration")).toEqual([
    [SEND, 2],
    [failedSend, 1],
  ]);
  expect(points("messaging.client.consumed.messages")).toEqual([
    [PROCESS, 3],
    [failedWork, 1],
  ]);
  expect(points("messaging.process.duration")).toEqual([
    [PROCESS, 3],
    [failedWork, 1],
  ]);
  expect(metrics.get("messaging.process.duration")?.unit).toBe("s");
  expect(metrics.get("messaging.client.sent.messages")?.unit).toBe("{message}");
});

test("times are in seconds, in the buckets that the conventions recommend", async () => {
  const { meter, read } = recordMetrics();
  const queue = createQueue<number>({ name: "orders", store: memoryStore() });
  await queue.send(1);
  const { now } = performance;
  let ms = 0;
  performance.now = () => ms;
  try {
    const slow = async () => {
      ms += 300;
    };
    await tracedDrain(queue, slow, {}, { meter });
  } finally {
    performance.now = now;
  }
  const [point] = (await read()).get("messaging.process.duration")?.points ?? [];
  const value = point?.value as Histogram;
  expect(value.sum).toBe(0.3);
  expect(value.buckets.boundaries).toEqual([
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
  ]);
  expect(value.buckets.counts.indexOf(1)).toBe(7);
});

test("a handler that outlasts its timeout is counted once, with the timeout", async () => {
  const { meter, read } = recordMetrics();
  const queue = createQueue<number>({ name: "orders", store: memoryStore() });
  await queue.send(1);
  const { opened, open } = gate();
  let over: Promise<void> | undefined;
  const slow = () => {
    over = opened;
    return opened;
  };
  await tracedDrain(queue, slow, { handlerTimeout: 10 }, { meter });
  open();
  await over;
  await new Promise((resolve) => setImmediate(resolve));
  const points = byAttributes((await read()).get("messaging.client.consumed.messages")?.points);
  expect(points).toEqual([[{ ...PROCESS, "error.type": "handler_timeout" }, 1]]);
});
