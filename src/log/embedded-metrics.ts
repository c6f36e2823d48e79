import {
  dimensionText,
  type EmbeddedMetric,
  type EmbeddedMetricsOptions,
  resolveEmbedded,
  UNITS,
} from "./embedded-options.ts";
import type { LogLine, PassCounts, PassLine, StatsLine } from "./line.ts";
import type { Sink } from "./log.ts";

// CloudWatch's embedded metric format: a line of the log that says which of its members are metrics.
// CloudWatch Logs makes them out of it, with no call to any API.

type Values = Partial<Record<EmbeddedMetric, number>>;

/**
 * Lines in CloudWatch's embedded metric format. On Lambda nothing else is needed. A pass over several
 * queues is a line for each; failures are lines of JSON without metrics.
 *
 * @throws OptionError for names that CloudWatch does not take.
 */
export function embeddedMetrics(options: EmbeddedMetricsOptions = {}): Sink {
  const { namespace, dimensions, metrics, write, now } = resolveEmbedded(options);

  const writeMetrics = (line: LogLine & { readonly queue: string }, values: Values) => {
    const made = metrics.filter((metric) => values[metric] !== undefined);
    const metadata = {
      Timestamp: now(),
      CloudWatchMetrics: [
        {
          Namespace: namespace,
          Dimensions: [["Queue", ...Object.keys(dimensions)]],
          Metrics: made.map((metric) => ({ Name: metric, Unit: UNITS[metric] })),
        },
      ],
    };
    const Queue = dimensionText(line.queue);
    const text = { _aws: metadata, Queue, ...dimensions, ...values, ...line };
    return write(JSON.stringify(made.length > 0 ? text : { ...line }), line.level);
  };

  return (line) => {
    switch (line.message) {
      case "pass":
        for (const counts of line.queues ?? [line]) {
          writeMetrics(passOf(line, counts), passValues(line, counts));
        }
        return;
      case "stats":
        return writeMetrics(line, statsValues(line));
      case "failure":
      case "error":
        return write(JSON.stringify(line), line.level);
      default:
        return line satisfies never;
    }
  };
}

/** The line of one queue of a pass: what the pass did to the others is not in it. */
function passOf(pass: PassLine, counts: PassCounts): PassLine {
  const { message, level, stopped, more, elapsedMs, requests, error } = pass;
  return {
    ...{ message, level, stopped, more, elapsedMs, requests, ...counts },
    ...(error === undefined ? {} : { error }),
  };
}

function passValues(pass: PassLine, counts: PassCounts): Values {
  return {
    Passes: 1,
    FailedPasses: pass.stopped === "store" ? 1 : 0,
    PassDuration: pass.elapsedMs,
    Claimed: counts.claimed,
    Completed: counts.completed,
    Retried: counts.retried,
    Dead: counts.dead,
    LostPayloads: counts.lostPayloads ?? 0,
    TrimmedUnread: counts.trimmedUnread ?? 0,
    Commands: counts.commands ?? 0,
  };
}

function statsValues(stats: StatsLine): Values {
  const { oldestReadyAgeMs: oldest, lastPassAgeMs: last } = stats;
  return {
    Ready: stats.ready,
    InFlight: stats.inFlight,
    Parked: stats.parked,
    Delayed: stats.delayed,
    DeadLetters: stats.dead,
    StreamLength: stats.entries,
    ...(oldest === undefined ? {} : { OldestAge: oldest / 1_000 }),
    ...(last === undefined ? {} : { LastPassAge: last / 1_000 }),
  };
}
