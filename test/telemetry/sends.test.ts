import { createTraceState, type Span, type SpanContext, type Tracer } from "@opentelemetry/api";
import { describe, expect, test } from "vitest";
import { createQueue, drain, OptionError, type Trace } from "../../src/index.ts";
import { traced, tracedDrain, tracedQueue } from "../../src/telemetry/index.ts";
import { memoryStore } from "../../src/testing.ts";
import { idsOf, linked, recordSpans } from "./support.ts";

const GIVEN = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };
const TRACE = { traceparent: `00-${GIVEN.traceId}-${GIVEN.spanId}-01`, tracestate: "vendor=1" };

function orders() {
  return createQueue<number>({ name: "orders", store: memoryStore() });
}

/** The traces that messages carry, in their order. */
async function carried(queue: ReturnType<typeof orders>): Promise<(Trace | undefined)[]> {
  const traces: (Trace | undefined)[] = [];
  await drain(queue, (message) => void traces.push(message.trace), { concurrency: 1 });
  return traces;
}

function traceOf(span: SpanContext): Trace {
  return { traceparent: `00-${span.traceId}-${span.spanId}-01` };
}

test("each message of a batch carries a span of its own, and their send is linked to all", async () => {
  const { tracer, named, only } = recordSpans();
  const queue = tracedQueue(orders(), { tracer });
  await tracer.startActiveSpan("request", async (request) => {
    await queue.sendBatch([{ payload: 1 }, { payload: 2 }]);
    request.end();
  });
  const creates = named("create orders");
  const send = only("send orders");
  const request = idsOf(only("request"));
  expect(await carried(queue)).toEqual(creates.map((span) => traceOf(span.spanContext())));
  expect(creates.map(({ kind }) => kind)).toEqual([3, 3]);
  expect(send.kind).toBe(2);
  expect(linked(send.links)).toEqual(creates.map(idsOf));
  expect(send.attributes["messaging.batch.message_count"]).toBe(2);
  for (const span of [...creates, send]) expect(span.parentSpanContext).toMatchObject(request);
  const operation = "messaging.operation.type";
  expect(creates[0]?.attributes[operation]).toBe("create");
  expect(send.attributes[operation]).toBe("send");
});

test("without createSpans all of a batch carry the span of their send", async () => {
  const { tracer, spans, only } = recordSpans();
  const queue = tracedQueue(orders(), { tracer, createSpans: false });
  await queue.sendBatch([{ payload: 1 }, { payload: 2 }]);
  const send = only("send orders");
  expect(spans().length).toBe(1);
  expect(send.kind).toBe(3);
  const trace = traceOf(send.spanContext());
  expect(await carried(queue)).toEqual([trace, trace]);
});

test("a trace that a message is given is carried as it is, and the send is linked to it", async () => {
  const { tracer, named } = recordSpans();
  const queue = tracedQueue(orders(), { tracer });
  await queue.send(1, { trace: TRACE });
  await queue.sendBatch([{ payload: 2, trace: TRACE }, { payload: 3 }]);
  const [create] = named("create orders");
  const created = create?.spanContext() ?? expect.fail("No span was created.");
  expect(await carried(queue)).toEqual([TRACE, TRACE, traceOf(created)]);
  const [single, batch] = named("send orders");
  expect(single?.kind).toBe(2);
  expect(linked(single?.links ?? [])).toEqual([GIVEN]);
  const { traceId, spanId } = created;
  expect(linked(batch?.links ?? [])).toEqual([GIVEN, { traceId, spanId }]);
});

test("the other options of a send are kept", async () => {
  const { tracer } = recordSpans();
  const queue = tracedQueue(orders(), { tracer });
  await queue.send(1, { idempotencyKey: "key", delay: "1 h" });
  expect(await queue.depth()).toMatchObject({ delayed: 1, entries: 0 });
});

test("a state of the trace travels with it, and one that is too long does not stop a send", async () => {
  const { tracer } = recordSpans();
  const queue = orders();
  for (const state of [
    "a=1,b=2",
    `a=${"x".repeat(250)},b=${"y".repeat(250)},c=${"z".repeat(250)}`,
  ]) {
    const traceState = createTraceState().set("kept", "no");
    traceState.serialize = () => state;
    const stateful = withSpans(tracer, (span) => ({ ...span.spanContext(), traceState }));
    await tracedQueue(queue, { tracer: stateful }).send(1);
  }
  const [short, long] = await carried(queue);
  expect(short?.tracestate).toBe("a=1,b=2");
  expect(long?.traceparent).toMatch(/^00-/);
  expect(long?.tracestate).toBeUndefined();
});

test("a send that fails is a failed span with the error's code, and throws what it threw", async () => {
  const { tracer, named } = recordSpans();
  const store = memoryStore();
  const queue = tracedQueue(createQueue<unknown>({ name: "orders", store, maxPayload: 10 }), {
    tracer,
  });
  const failing: [() => Promise<unknown>, string][] = [
    [() => queue.send("a payload that is too large"), "payload_too_large"],
    [() => queue.sendBatch([{ payload: 1n }]), "invalid_payload"],
    [() => queue.send(1, { trace: { traceparent: "no trace" } }), "invalid_option"],
    [() => queue.sendBatch([null as never]), "invalid_option"],
  ];
  for (const [send, code] of failing) await expect(send()).rejects.toMatchObject({ code });
  const types = named("send orders").map(({ attributes }) => attributes["error.type"]);
  expect(types).toEqual(failing.map(([, code]) => code));
  expect(JSON.stringify(named("send orders").map(({ events }) => events))).not.toContain(
    'too large"',
  );
});

test("what is no list of messages is refused as ever, and an empty one makes no span", async () => {
  const { tracer, spans } = recordSpans();
  const queue = tracedQueue(orders(), { tracer });
  await expect(queue.sendBatch("ab" as never)).rejects.toThrow(OptionError);
  expect(await queue.sendBatch([])).toEqual([]);
  expect(spans()).toEqual([]);
});

describe("a message whose trace is none is worked on, linked to nothing:", () => {
  test.each([
    `ff-${GIVEN.traceId}-${GIVEN.spanId}-01`,
    `00-${GIVEN.traceId}-${GIVEN.spanId}-01-more`,
    `00-${"0".repeat(32)}-${GIVEN.spanId}-01`,
    `00-${GIVEN.traceId}-${"0".repeat(16)}-01`,
    `00-${GIVEN.traceId.toUpperCase()}-${GIVEN.spanId}-01`,
    "00",
    "",
  ])("%s", async (traceparent) => {
    const { tracer, only } = recordSpans();
    const store = memoryStore();
    const queue = createQueue<unknown>({ name: "orders", store });
    store.stream("orders").add(["xd:tp", traceparent, "xd:d", "1"]);
    await drain(
      queue,
      traced(() => {}, { tracer }),
    );
    expect(only("process orders").links).toEqual([]);
  });
});

test("a trace of a later version is understood as far as this one knows it", async () => {
  const { tracer, only } = recordSpans();
  const store = memoryStore();
  const traceparent = `01-${GIVEN.traceId}-${GIVEN.spanId}-01-more`;
  store.stream("orders").add(["xd:tp", traceparent, "xd:ts", "a=1", "xd:d", "1"]);
  await drain(
    createQueue({ name: "orders", store }),
    traced(() => {}, { tracer }),
  );
  const [link] = only("process orders").links;
  expect(link?.context).toMatchObject({ ...GIVEN, traceFlags: 1, isRemote: true });
  expect(link?.context.traceState?.get("a")).toBe("1");
});

test("what cannot be used is refused before any I/O", async () => {
  const queue = orders();
  const refused: (() => unknown)[] = [
    () => traced("handler" as never),
    () => traced(() => {}, { parent: "both" as never }),
    () => traced(() => {}, { group: "" }),
    () => traced(() => {}, { tracer: {} as never }),
    () => traced(() => {}, { meter: {} as never }),
    () => traced(() => {}, { errorTexts: "yes" as never }),
    () => traced(() => {}, { spans: true } as never),
    () => tracedQueue({} as never),
    () => tracedQueue(queue, { createSpans: 1 as never }),
    () => tracedQueue(queue, { parent: "sender" } as never),
  ];
  for (const make of refused) expect(make).toThrow(OptionError);
  const passes = [
    tracedDrain(queue, () => {}, {}, { tracer: 1 as never }),
    tracedDrain(queue, () => {}, {}, { group: "xdrain" } as never),
    tracedDrain(queue, "handler" as never),
    tracedDrain(undefined as never, () => {}),
    tracedDrain([] as never, () => {}),
  ];
  for (const pass of passes) await expect(pass).rejects.toThrow(OptionError);
});

/** A tracer whose spans say of themselves what a test wants. */
function withSpans(tracer: Tracer, contextOf: (span: Span) => SpanContext): Tracer {
  const startSpan: Tracer["startSpan"] = (...given) => {
    const span = tracer.startSpan(...given);
    const own = contextOf(span);
    span.spanContext = () => own;
    return span;
  };
  return { startSpan, startActiveSpan: tracer.startActiveSpan.bind(tracer) };
}
