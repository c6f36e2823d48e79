import type { Histogram, QueueStats } from "../statistics.ts";
import type { Family, Labels, Sample } from "./exposition.ts";

// Every metric: its name, what it says, and how its samples follow from what was read of a queue.

/** What was read of one queue; `stats` is undefined where it could not be read. */
export interface Reading {
  readonly queue: string;
  readonly group: string;
  readonly stats: QueueStats | undefined;
  /** The consumers with the most pending messages, those without any left out. */
  readonly consumers: readonly { readonly name: string; readonly pending: number }[];
}

/** Whose names: this library's, or those that are common in tutorials of Redis Streams. */
export type Names = "xdrain" | "redis-streams";

/** Those that have a common name; all others keep ours. */
const COMMON_NAMES: Readonly<Record<string, string>> = {
  xdrain_messages_total: "redis_streams_processed_total",
  xdrain_handler_duration_seconds: "redis_streams_duration_seconds",
  xdrain_stream_length: "redis_streams_length",
  xdrain_pending: "redis_streams_pending",
};

type Metric = Omit<Family, "samples"> & {
  readonly read: (stats: QueueStats, labels: Labels, reading: Reading) => readonly Sample[];
};

/** The one value of a queue. */
type ValueIn = (stats: QueueStats) => number | undefined;

const METRICS: readonly Metric[] = [
  {
    name: "xdrain_messages_total",
    type: "counter",
    help: "Deliveries by what became of them, over all passes.",
    read: ({ totals }, labels) => [
      one({ ...labels, outcome: "completed" }, totals.completed),
      one({ ...labels, outcome: "retried" }, totals.retried),
      one({ ...labels, outcome: "dead" }, totals.dead),
      one({ ...labels, outcome: "duplicate" }, totals.duplicates),
      one({ ...labels, outcome: "deferred" }, totals.deferred),
      one({ ...labels, outcome: "released" }, totals.released),
      one({ ...labels, outcome: "lost" }, totals.lost),
      one({ ...labels, outcome: "uncertain" }, totals.uncertain),
    ],
  },
  {
    name: "xdrain_handler_duration_seconds",
    type: "histogram",
    help: "How long handlers ran.",
    read: ({ handlerTime }, labels) => histogram(handlerTime, labels),
  },
  {
    name: "xdrain_wait_duration_seconds",
    type: "histogram",
    help: "How long messages waited for their first delivery.",
    read: ({ waitingTime }, labels) => histogram(waitingTime, labels),
  },
  gauge("xdrain_stream_length", "Entries in the stream, kept ones included.", (s) => s.entries),
  gauge("xdrain_stream_bytes", "Memory of the stream, where the server tells it.", (s) => s.bytes),
  counter("xdrain_added_total", "Entries ever added to the stream.", everAdded),
  gauge("xdrain_ready", "Messages that wait for their first delivery.", (s) => s.ready),
  gauge("xdrain_in_flight", "Messages handed out and not settled.", (s) => s.inFlight),
  {
    name: "xdrain_pending",
    type: "gauge",
    help: "Messages handed out and not settled, of the consumers that have the most.",
    read: (_, labels, { consumers }) =>
      consumers.map(({ name, pending }) => one({ ...labels, consumer: name }, pending)),
  },
  gauge("xdrain_parked", "Messages that wait for their retry time.", (s) => s.parked),
  gauge("xdrain_delayed", "Messages sent and not due yet.", (s) => s.delayed),
  gauge("xdrain_dead", "Dead letters that are there.", (s) => s.dead),
  gauge("xdrain_consumers", "Consumers of the group.", (s) => s.consumers),
  gauge("xdrain_oldest_age_seconds", "How long the oldest ready message has waited.", oldestAge),
  {
    name: "xdrain_lost_total",
    type: "counter",
    help: "Messages whose payload somebody else trimmed or deleted, before or after a delivery.",
    read: ({ totals }, labels) => [
      one({ ...labels, state: "delivered" }, totals.lostPayloads),
      one({ ...labels, state: "unread" }, totals.trimmedUnread),
    ],
  },
  counter(
    "xdrain_reclaimed_total",
    "Expired leases that passes found: what was in hand when a pass died.",
    ({ totals }) => totals.reclaimed,
  ),
  counter("xdrain_passes_total", "Passes that did something.", ({ totals }) => totals.passes),
  counter("xdrain_requests_total", "Requests of passes to Redis.", ({ totals }) => totals.requests),
  counter("xdrain_commands_total", "Redis commands of passes.", ({ totals }) => totals.commands),
  gauge(
    "xdrain_last_pass_timestamp_seconds",
    "When a pass last ended, by the server's clock; 0 where none did yet.",
    ({ lastPassAt }) => (lastPassAt?.getTime() ?? 0) / 1_000,
  ),
  gauge("xdrain_paused", "1 while the queue is paused.", ({ paused }) => (paused ? 1 : 0)),
];

/** The families of all queues; of one that could not be read only that it is down. */
export function familiesOf(readings: readonly Reading[], names: Names): readonly Family[] {
  const up: Family = {
    name: "xdrain_up",
    type: "gauge",
    help: "1 where the queue could be read.",
    samples: readings.map((reading) => one(labelsOf(reading), reading.stats === undefined ? 0 : 1)),
  };
  const families = METRICS.map(({ name, type, help, read }) => ({
    name: names === "redis-streams" ? (COMMON_NAMES[name] ?? name) : name,
    type,
    help,
    samples: readings.flatMap((reading) =>
      reading.stats === undefined ? [] : read(reading.stats, labelsOf(reading), reading),
    ),
  }));
  return [up, ...families];
}

function labelsOf({ queue, group }: Reading): Labels {
  return { queue, group };
}

function gauge(name: string, help: string, valueIn: ValueIn): Metric {
  return { ...single(valueIn), name, help, type: "gauge" };
}

function counter(name: string, help: string, valueIn: ValueIn): Metric {
  return { ...single(valueIn), name, help, type: "counter" };
}

/** One sample a queue; none where the value is not known. */
function single(valueIn: ValueIn): Pick<Metric, "read"> {
  return {
    read(stats, labels) {
      const value = valueIn(stats);
      return value === undefined ? [] : [one(labels, value)];
    },
  };
}

/** 0 where there is no stream, which takes no memory: its first entries are an increase then. */
function everAdded({ added, bytes }: QueueStats): number | undefined {
  return added ?? (bytes === 0 ? 0 : undefined);
}

/** 0 where nothing is ready, so that an alert ends. */
function oldestAge({ ready, oldestReadyAgeMs }: QueueStats): number | undefined {
  if (oldestReadyAgeMs !== undefined) return oldestReadyAgeMs / 1_000;
  return ready === 0 ? 0 : undefined;
}

/** Each bucket holds all that is not above its bound, so the counts are added up. */
function histogram({ bounds, counts, sumMs }: Histogram, labels: Labels): readonly Sample[] {
  let total = 0;
  const buckets = counts.map((count, i) => {
    total += count;
    return { suffix: "_bucket", labels: { ...labels, le: boundText(bounds[i]) }, value: total };
  });
  return [
    ...buckets,
    { suffix: "_sum", labels, value: sumMs / 1_000 },
    { suffix: "_count", labels, value: total },
  ];
}

/** As OpenMetrics writes numbers in labels; the last bucket has no bound. */
function boundText(bound: number | undefined): string {
  if (bound === undefined) return "+Inf";
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

function one(labels: Labels, value: number): Sample {
  return { suffix: "", labels, value };
}
