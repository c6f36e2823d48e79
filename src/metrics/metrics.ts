import { type Duration, milliseconds } from "../duration.ts";
import { integer, oneOf, onlyKnown, refuse } from "../expect.ts";
import { type Format, writeExposition } from "./exposition.ts";
import { familiesOf, type Names } from "./families.ts";
import { type MeteredQueue, readAll } from "./read.ts";

export interface MetricsOptions {
  /**
   * `redis-streams` gives four metrics the names that are common in tutorials of Redis Streams:
   * `redis_streams_processed_total`, `redis_streams_duration_seconds`, `redis_streams_length`,
   * `redis_streams_pending`. The others keep theirs. @default "xdrain"
   */
  readonly names?: Names;
  /**
   * Most consumers of a queue that `xdrain_pending` names, those with the most pending messages first. A
   * pass is a consumer with a name of its own, so each makes new series; 0 leaves them out. @default 50
   */
  readonly consumers?: number;
  /**
   * How long a queue may take to be read: then it is one that cannot be. Less than the collector waits, 10 s
   * for most, or it never hears of it. @default 5 s
   */
  readonly timeout?: Duration;
  /** Told of each queue that could not be read, for a log; what it throws is ignored. */
  readonly onError?: (error: unknown, queue: string) => unknown;
}

export const METRICS_OPTIONS = ["names", "consumers", "timeout", "onError"];

/** What writes the metrics of some queues, its options checked. */
export type WriteMetrics = (format: Format) => Promise<string>;

/**
 * The metrics of queues as text that Prometheus collects. What is counted is in Redis, so it is right
 * whichever function answers, and however many there are. A queue costs nine commands that only read.
 * One that cannot be read is told by `xdrain_up` 0.
 *
 * @param options `format`: the text format of Prometheus, or OpenMetrics 1.0. @default "prometheus"
 * @throws OptionError for an option that cannot be used, before any I/O.
 */
export async function metricsText(
  queues: MeteredQueue | readonly MeteredQueue[],
  options: MetricsOptions & { readonly format?: Format } = {},
): Promise<string> {
  onlyKnown("metricsText", options, [...METRICS_OPTIONS, "format"]);
  const format = oneOf("format", options.format, ["prometheus", "openmetrics"]);
  return createMetrics(queues, options)(format);
}

/** @throws OptionError for an option that cannot be used. */
export function createMetrics(
  given: MeteredQueue | readonly MeteredQueue[],
  options: MetricsOptions,
): WriteMetrics {
  const queues = checkQueues(given);
  const names = oneOf("names", options.names, ["xdrain", "redis-streams"]);
  const consumers = integer("consumers", options.consumers, { min: 0, max: 500, default: 50 });
  const timeoutMs = milliseconds("timeout", options.timeout ?? "5 s", { min: 1, max: 60_000 });
  const { onError } = options;
  if (onError !== undefined && typeof onError !== "function") {
    refuse("onError", "a function", onError);
  }
  return async (format) => {
    const readings = await readAll(queues, { consumers, timeoutMs, onError });
    return writeExposition(familiesOf(readings, names), format);
  };
}

/** Two queues of one name and group could not be told apart by their labels. */
function checkQueues(given: MeteredQueue | readonly MeteredQueue[]): readonly MeteredQueue[] {
  const queues = isList(given) ? given : [given];
  if (queues.length === 0) refuse("queues", "at least one queue", given);
  const seen = new Set<string>();
  for (const queue of queues) {
    if (typeof queue?.stats !== "function" || queue.resolved === undefined) {
      refuse("queues", "queues made by createQueue", queue);
    }
    const labels = JSON.stringify([queue.name, queue.resolved.storeQueue.group]);
    if (seen.has(labels)) refuse("queues", "queues of different names or groups", queue.name);
    seen.add(labels);
  }
  return queues;
}

function isList(given: MeteredQueue | readonly MeteredQueue[]): given is readonly MeteredQueue[] {
  return Array.isArray(given);
}
