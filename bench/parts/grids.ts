import { atLeast } from "../page/section.ts";
import {
  bareLoop,
  bullmq,
  handWritten,
  LANES,
  rest,
  restFew,
  restLanes,
  sequential,
  tcp,
  upstashQueue,
} from "../sides/all.ts";
import { fastestConcurrency } from "../sides/bullmq.ts";
import { handlers, payloadOf } from "../work.ts";
import { type Column, gridPart } from "./grid.ts";

/** For handlers that wait, all sides run so many; the slower rivals cannot, by their nature. */
const CONCURRENCY = 100;
const TURN_BYTES = 4_000_000;

const latencies: Column[] = [0, 5, 20, 80].map((latencyMs) => ({
  label: `${latencyMs} ms`,
  latencyMs,
  work: {},
  tune: async (env, work) => {
    const target = await env.targetAt(latencyMs);
    const concurrency = await fastestConcurrency(env.redis, target, { ...work, messages: 2_000 });
    return { ...work, concurrency };
  },
}));

const latency = gridPart({
  name: "latency",
  title: "Added latency",
  axis: "added round trip",
  text: [
    "A handler that does nothing, payloads of 100 bytes, batches of 100. Each round trip takes so much " +
      "longer, for REST and for TCP alike. The concurrency is the one at which BullMQ is fastest.",
  ],
  columns: latencies,
  sides: [rest, restFew, restLanes, sequential, tcp, bareLoop, bullmq, upstashQueue, handWritten],
  pairs: [
    [rest, bareLoop],
    [restFew, bareLoop],
    [restLanes, bareLoop],
    [restLanes, sequential],
    [rest, handWritten],
    [restLanes, handWritten],
    [restLanes, upstashQueue],
    [tcp, bullmq],
    [restLanes, bullmq],
  ],
  goals: (of) => [
    atLeast("REST, 4 lanes : bare script loop, no latency", 0.85, of(restFew, bareLoop, "0 ms")),
    atLeast("REST, one lane : bare script loop, no latency", 0.85, of(rest, bareLoop, "0 ms")),
    atLeast(
      `REST, ${LANES} lanes : hand-written loop, 20 ms`,
      200,
      of(restLanes, handWritten, "20 ms"),
    ),
    atLeast(
      `REST, ${LANES} lanes : strictly sequential, 20 ms`,
      3,
      of(restLanes, sequential, "20 ms"),
    ),
    atLeast("TCP : BullMQ, no latency", 2, of(tcp, bullmq, "0 ms")),
    atLeast(
      `REST, ${LANES} lanes : BullMQ over TCP, both at 5 ms`,
      1,
      of(restLanes, bullmq, "5 ms"),
    ),
  ],
});

const byHandler = gridPart({
  name: "handlers",
  title: "Handlers",
  axis: "handler",
  text: [
    "Handlers that do nothing, wait for 5 ms, or compute for 1 ms; 5 ms of added latency, a " +
      "concurrency of 100. What computes is bound by one core, for everybody.",
  ],
  columns: [
    { label: "nothing", handler: handlers.noop },
    { label: "5 ms I/O", handler: handlers.io },
    { label: "1 ms CPU", handler: handlers.cpu },
  ].map(({ label, handler }) => ({
    label,
    latencyMs: 5,
    work: { handler, concurrency: CONCURRENCY },
  })),
  sides: [rest, restLanes, tcp, bareLoop, bullmq, upstashQueue, handWritten],
  pairs: [
    [rest, bareLoop],
    [restLanes, handWritten],
    [restLanes, upstashQueue],
    [tcp, bullmq],
    [restLanes, bullmq],
  ],
});

const payloads = gridPart({
  name: "payloads",
  title: "Payload sizes",
  axis: "payload",
  text: [
    "No added latency. Batches of 100, and at most 4 MB a turn: 20 messages of 200 KB, for all sides.",
  ],
  columns: [
    { label: "100 B", bytes: 100 },
    { label: "10 KB", bytes: 10_000 },
    { label: "200 KB", bytes: 200_000 },
  ].map(({ label, bytes }) => ({
    label,
    latencyMs: 0,
    work: {
      payload: payloadOf(bytes),
      batch: Math.min(100, TURN_BYTES / bytes),
      concurrency: CONCURRENCY,
    },
  })),
  sides: [rest, tcp, bareLoop, bullmq, upstashQueue, handWritten],
  pairs: [
    [rest, bareLoop],
    [rest, handWritten],
    [rest, upstashQueue],
    [tcp, bullmq],
  ],
});

const batches = gridPart({
  name: "batches",
  title: "Batch sizes",
  axis: "batch",
  text: ["A handler that does nothing, 100 bytes, no added latency. BullMQ has no batches."],
  columns: [10, 100, 500].map((batch) => ({
    label: String(batch),
    latencyMs: 0,
    work: { batch, concurrency: CONCURRENCY },
  })),
  sides: [rest, tcp, bareLoop, bullmq],
  pairs: [
    [rest, bareLoop],
    [tcp, bullmq],
  ],
});

const passes = gridPart({
  name: "passes",
  title: "Parallel passes",
  axis: "passes at a time",
  text: [
    "So many passes over one queue at the same time, in one process: a bound, since functions have a " +
      "process each. 5 ms of added latency, default options. BullMQ runs as many workers.",
  ],
  columns: [1, 4, 16].map((count) => ({
    label: String(count),
    latencyMs: 5,
    work: { passes: count, concurrency: 50 },
  })),
  sides: [rest, tcp, bareLoop, bullmq],
  pairs: [
    [rest, bareLoop],
    [tcp, bullmq],
    [rest, bullmq],
  ],
});

const keys = gridPart({
  name: "keys",
  title: "Idempotency keys",
  axis: "idempotency keys",
  text: [
    "Each message with a key of its own, or without. The bare loop looks at no keys; BullMQ's job ids " +
      "only refuse to add a job that is there already.",
  ],
  columns: [false, true].map((keyed) => ({
    label: keyed ? "with keys" : "without",
    latencyMs: 0,
    work: { keyed, concurrency: CONCURRENCY },
  })),
  sides: [rest, tcp, bareLoop, bullmq],
  pairs: [
    [rest, bareLoop],
    [tcp, bullmq],
  ],
});

export const grids = [latency, byHandler, payloads, batches, passes, keys];
