import { context, trace } from "@opentelemetry/api";
import { expect, inject, onTestFinished, test } from "vitest";
import { createQueue, drain, Reject, Retry, StoreError } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { traced, tracedDrain, tracedQueue } from "../../src/telemetry/index.ts";
import { memoryStore } from "../../src/testing.ts";
import { uniqueName } from "../support/redis.ts";
import { gate, idsOf, linked, recordSpans, told } from "./support.ts";

const OK = { code: 0 };

function ordersIn(store = memoryStore()) {
  return createQueue<{ item: string }>({ name: "orders", store });
}

test("a message's span is linked to the one that sent it, through Redis, and is a child of its pass", async () => {
  const { tracer, only } = recordSpans();
  const store = ioredis({ url: inject("redisUrl") });
  onTestFinished(() => store.close());
  const name = uniqueName();
  const queue = tracedQueue(createQueue<string>({ name, store, group: "workers" }), { tracer });
  const { id } = await queue.send("secret payload");
  await tracedDrain(queue, () => {}, {}, { tracer });

  const [send, process, pass] = [
    only(`send ${name}`),
    only(`process ${name}`),
    only(`drain ${name}`),
  ];
  expect(linked(process.links)).toEqual([idsOf(send)]);
  expect(process.parentSpanContext?.spanId).toBe(idsOf(pass).spanId);
  expect(told(send)).toEqual({
    kind: "PRODUCER",
    attributes: {
      "messaging.system": "redis",
      "messaging.operation.type": "send",
      "messaging.operation.name": "send",
      "messaging.destination.name": name,
      "messaging.message.id": id,
    },
    status: OK,
    events: [],
  });
  expect(told(process)).toEqual({
    kind: "CONSUMER",
    attributes: {
      "messaging.system": "redis",
      "messaging.operation.type": "process",
      "messaging.operation.name": "process",
      "messaging.destination.name": name,
      "messaging.consumer.group.name": "workers",
      "messaging.message.id": id,
      "xdrain.message.deliveries": 1,
      "xdrain.message.failures": 0,
    },
    status: OK,
    events: [],
  });
  expect(told(pass)).toMatchObject({
    kind: "CLIENT",
    attributes: {
      "messaging.system": "redis",
      "messaging.operation.type": "receive",
      "messaging.operation.name": "drain",
      "messaging.destination.name": name,
      "messaging.consumer.group.name": "workers",
      "messaging.batch.message_count": 1,
      "xdrain.pass.stopped": "empty",
      "xdrain.pass.more": false,
      "xdrain.pass.completed": 1,
      "xdrain.pass.retried": 0,
      "xdrain.pass.dead": 0,
    },
    status: OK,
  });
});

test("with parent: sender a message's span is in one trace with its sender, and linked to its pass", async () => {
  const { tracer, only } = recordSpans();
  const queue = tracedQueue(ordersIn(), { tracer });
  await queue.send({ item: "a" });
  await tracedDrain(queue, () => {}, {}, { tracer, parent: "sender" });
  const process = only("process orders");
  const send = only("send orders");
  expect(process.parentSpanContext).toMatchObject(idsOf(send));
  expect(idsOf(process).traceId).toBe(idsOf(send).traceId);
  expect(linked(process.links)).toEqual([idsOf(send), idsOf(only("drain orders"))]);
});

test("with parent: sender a message without a sender's span is a child of its pass", async () => {
  const { tracer, only } = recordSpans();
  const queue = ordersIn();
  await queue.send({ item: "a" });
  await tracedDrain(queue, () => {}, {}, { tracer, parent: "sender" });
  const process = only("process orders");
  expect(process.parentSpanContext?.spanId).toBe(idsOf(only("drain orders")).spanId);
  expect(process.links).toEqual([]);
});

test("a handler runs in its message's span: what it sends and traces belongs to it", async () => {
  const { tracer, only } = recordSpans();
  const store = memoryStore();
  const invoices = tracedQueue(createQueue<number>({ name: "invoices", store }), { tracer });
  const queue = ordersIn(store);
  await queue.send({ item: "a" });
  await tracedDrain(
    queue,
    async () => {
      await Promise.resolve();
      await invoices.send(1);
    },
    {},
    { tracer },
  );
  const process = only("process orders");
  expect(only("send invoices").parentSpanContext).toMatchObject(idsOf(process));
});

test("messages that run beside each other each have a span of their own", async () => {
  const { tracer, named } = recordSpans();
  const queue = tracedQueue(ordersIn(), { tracer });
  for (const item of ["a", "b", "c"]) await queue.send({ item });
  const seen: unknown[] = [];
  const { opened: all, open } = gate();
  let running = 0;
  await tracedDrain(
    queue,
    async () => {
      running += 1;
      if (running === 3) open();
      await all;
      seen.push(trace.getSpan(context.active())?.spanContext().spanId);
    },
    { concurrency: 3 },
    { tracer },
  );
  const spans = named("process orders");
  expect(spans.map(({ links }) => linked(links)[0])).toEqual(named("send orders").map(idsOf));
  expect(seen).toEqual(spans.map((span) => idsOf(span).spanId));
  expect(new Set(seen).size).toBe(3);
});

test("messages are in the span of their pass also where no context lives through promises", async () => {
  const { tracer, only } = recordSpans({ contexts: false });
  const queue = ordersIn();
  await queue.send({ item: "a" });
  await tracedDrain(queue, () => {}, {}, { tracer });
  const { spanId } = idsOf(only("drain orders"));
  expect(only("process orders").parentSpanContext?.spanId).toBe(spanId);
});

test("traced alone makes a message a child of whatever runs around its pass", async () => {
  const { tracer, only } = recordSpans();
  const queue = ordersIn();
  await queue.send({ item: "a" });
  await tracer.startActiveSpan("invocation", async (span) => {
    await drain(
      queue,
      traced(() => {}, { tracer, group: "xdrain" }),
    );
    span.end();
  });
  const process = only("process orders");
  expect(process.parentSpanContext?.spanId).toBe(idsOf(only("invocation")).spanId);
  expect(process.attributes["messaging.consumer.group.name"]).toBe("xdrain");
});

test("a failure is in the span, with the error's type and without the payload", async () => {
  const { tracer, named } = recordSpans();
  const queue = createQueue<string>({ name: "orders", store: memoryStore() });
  await queue.send("a payload");
  await queue.send("a payload");
  await queue.send("a payload");
  const failures = [new TypeError("no address"), new Retry("1 s"), new Reject("never")];
  await tracedDrain(
    queue,
    () => {
      throw failures.shift();
    },
    { concurrency: 1 },
    { tracer },
  );
  const spans = named("process orders");
  expect(spans.map(({ attributes }) => attributes["error.type"])).toEqual([
    "TypeError",
    "Retry",
    "Reject",
  ]);
  const [first] = spans.map((span) => told(span));
  expect(first?.status).toEqual({ code: 2, message: "no address" });
  expect(first?.events).toEqual(["exception"]);
  const [event] = spans[0]?.events ?? [];
  expect(event?.attributes).toMatchObject({
    "exception.type": "TypeError",
    "exception.message": "no address",
  });
  expect(String(event?.attributes?.["exception.stacktrace"])).toContain("traces.test.ts");
  const everything = spans.map(({ attributes, events, status }) => ({
    attributes,
    events,
    status,
  }));
  expect(JSON.stringify(everything)).not.toContain("a payload");
});

test("what looks like a credential in an error is in no span", async () => {
  const { tracer, only } = recordSpans();
  const queue = ordersIn();
  await queue.send({ item: "a" });
  const fail = async () => {
    throw new Error("connect to redis://user:hunter2@host:6379 failed");
  };
  await tracedDrain(queue, fail, {}, { tracer });
  const { status, events } = only("process orders");
  expect(status.message).toBe("connect to redis://[redacted]@host:6379 failed");
  expect(JSON.stringify(events)).not.toContain("hunter2");
});

test("without errorTexts a failure says the error's type alone", async () => {
  const { tracer, only } = recordSpans();
  const queue = ordersIn();
  await queue.send({ item: "a" });
  const fail = async () => {
    throw new RangeError("a text of the handler's");
  };
  await tracedDrain(queue, fail, {}, { tracer, errorTexts: false });
  const { status, attributes, events } = only("process orders");
  expect(attributes["error.type"]).toBe("RangeError");
  expect(status).toEqual({ code: 2 });
  expect(events).toEqual([]);
});

test("whatever is thrown ends the span", async () => {
  const { tracer, named } = recordSpans();
  const queue = ordersIn();
  const hostile = Object.defineProperty(new Error("x"), "name", {
    get() {
      throw new Error("not to be looked at");
    },
  });
  const thrown: unknown[] = ["a text", undefined, null, { toString: null }, hostile];
  for (const _ of thrown) await queue.send({ item: "a" });
  await tracedDrain(
    queue,
    () => {
      throw thrown.shift();
    },
    { concurrency: 1 },
    { tracer },
  );
  const types = named("process orders").map(({ attributes }) => attributes["error.type"]);
  expect(types).toEqual(["_OTHER", "_OTHER", "_OTHER", "_OTHER", "_OTHER"]);
});

test("a handler that outlasts its timeout has a span that ends with it, and ends once", async () => {
  const { tracer, only } = recordSpans();
  const queue = ordersIn();
  await queue.send({ item: "a" });
  const { opened, open } = gate();
  await tracedDrain(queue, () => opened, { handlerTimeout: 10 }, { tracer });
  expect(only("process orders").attributes["error.type"]).toBe("handler_timeout");
  open();
  await opened;
  await Promise.resolve();
  expect(only("process orders").attributes["error.type"]).toBe("handler_timeout");
});

test("a pass that could not run, and one whose store failed in the middle, are failed spans", async () => {
  const { tracer, named } = recordSpans();
  const store = memoryStore();
  const queue = ordersIn(store);
  await queue.send({ item: "a" });
  const gone = new StoreError("store_unavailable", "It is gone.", {});
  const broken = ordersIn({ ...store, turn: () => Promise.reject(gone) });
  await expect(tracedDrain(broken, () => {}, {}, { tracer })).rejects.toThrow(gone);
  let turns = 0;
  const flaky = ordersIn({
    ...store,
    turn: (...call) => {
      turns += 1;
      return turns === 1 ? store.turn(...call) : Promise.reject(gone);
    },
  });
  const report = await tracedDrain(flaky, () => {}, {}, { tracer });
  expect(report.stopped).toBe("store");
  for (const span of named("drain orders")) {
    expect(span.attributes["error.type"]).toBe("store_unavailable");
    expect(span.status).toEqual({ code: 2, message: "It is gone." });
  }
  expect(named("drain orders").length).toBe(2);
});

test("several queues are one pass, each message with the name and the group of its own", async () => {
  const { tracer, only } = recordSpans();
  const store = memoryStore();
  const urgent = createQueue<number>({ name: "urgent", store, group: "a" });
  const orders = createQueue<number>({ name: "orders", store, group: "b" });
  await urgent.send(1);
  await orders.send(2);
  await tracedDrain([urgent, orders], () => {}, {}, { tracer });
  const pass = only("drain urgent,orders");
  expect(pass.attributes["messaging.destination.name"]).toBeUndefined();
  expect(pass.attributes["messaging.batch.message_count"]).toBe(2);
  const group = "messaging.consumer.group.name";
  expect(only("process urgent").attributes[group]).toBe("a");
  expect(only("process orders").attributes[group]).toBe("b");
});

test("a duplicate has no span of its own: its pass tells that there was one", async () => {
  const { tracer, only } = recordSpans();
  const queue = ordersIn();
  for (const item of ["a", "b"]) await queue.send({ item }, { idempotencyKey: "one" });
  await tracedDrain(queue, () => {}, { batch: 1, prefetch: false }, { tracer });
  expect(only("process orders").status).toEqual(OK);
  expect(only("drain orders").attributes).toMatchObject({
    "xdrain.pass.completed": 1,
    "xdrain.pass.duplicates": 1,
    "xdrain.pass.lost": 0,
  });
});

test("without a registered SDK everything works as before, and no message carries a trace", async () => {
  const queue = tracedQueue(ordersIn());
  await queue.send({ item: "a" });
  await queue.sendBatch([{ payload: { item: "b" } }]);
  const traces: unknown[] = [];
  const report = await tracedDrain(queue, (message) => void traces.push(message.trace));
  expect(report.completed).toBe(2);
  expect(traces).toEqual([undefined, undefined]);
});

test("what a handler returns is kept, from one that waits and one that does not", async () => {
  const { tracer } = recordSpans();
  const queue = createQueue<number>({ name: "orders", store: memoryStore(), keepResults: true });
  const [one, two] = [await queue.send(1), await queue.send(2)];
  await tracedDrain(
    queue,
    ({ payload }) => (payload === 1 ? "at once" : Promise.resolve("later")),
    {},
    { tracer },
  );
  expect(await queue.result(one.id)).toBe("at once");
  expect(await queue.result(two.id)).toBe("later");
});
