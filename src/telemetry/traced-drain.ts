import type { DrainOptions } from "../drain-options.ts";
import type { Handler } from "../message.ts";
import type { AnyQueue, PayloadOf, Queue } from "../queue.ts";
import type { DrainReport } from "../report.ts";
import { loadSpans } from "./load.ts";
import type { TelemetryOptions } from "./options.ts";
import { resolveTracing, type TracedOptions } from "./traced.ts";

export type TracedDrainOptions = TelemetryOptions & Pick<TracedOptions, "parent">;

/**
 * Makes one bounded pass as `drain` does, in a span of its own, `drain <queue>`, with a span for each
 * message in it as `traced` makes them.
 *
 * @example
 * const report = await tracedDrain(orders, async (message) => ship(message.payload), { maxMessages: 1000 });
 * @throws what `drain` throws, and PackageError if `@opentelemetry/api` is missing or too old.
 */
export function tracedDrain<Input, Payload>(
  queue: Queue<Input, Payload>,
  handler: Handler<Payload>,
  options?: DrainOptions,
  telemetry?: TracedDrainOptions,
): Promise<DrainReport>;
/** The same over several queues in the order of their priority. */
export function tracedDrain<const Queues extends readonly AnyQueue[]>(
  queues: Queues,
  handler: Handler<PayloadOf<Queues[number]>>,
  options?: DrainOptions,
  telemetry?: TracedDrainOptions,
): Promise<DrainReport>;
export async function tracedDrain(
  given: AnyQueue | readonly AnyQueue[],
  handler: Handler<never>,
  options: DrainOptions = {},
  telemetry: TracedDrainOptions = {},
): Promise<DrainReport> {
  const place = { groupOf: () => undefined, around: undefined };
  const settings = resolveTracing("tracedDrain", telemetry, ["parent"], place);
  const whenLoaded = loadSpans((spans) => spans.drainInSpan);
  return whenLoaded((drainInSpan) => drainInSpan(given, handler, options, settings));
}
