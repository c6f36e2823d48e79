import { type Attributes, context, type Span, SpanKind, trace } from "@opentelemetry/api";
import { drain } from "../drain.ts";
import type { DrainOptions } from "../drain-options.ts";
import type { Handler } from "../message.ts";
import type { AnyQueue, PayloadOf, Queue } from "../queue.ts";
import type { DrainReport } from "../report.ts";
import { MESSAGE_COUNT, operationAttributes } from "./attributes.ts";
import { failSpan } from "./failure.ts";
import type { TelemetryOptions } from "./options.ts";
import { resolveTracing, type TracedOptions, traceHandler } from "./traced.ts";

export type TracedDrainOptions = TelemetryOptions & Pick<TracedOptions, "parent">;

/**
 * Makes one bounded pass as `drain` does, in a span of its own, `drain <queue>`, with a span for each
 * message in it as `traced` makes them.
 *
 * @example
 * const report = await tracedDrain(orders, async (message) => ship(message.payload), { maxMessages: 1000 });
 * @throws what `drain` throws.
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
  const queues = [given].flat() as Queue<unknown>[];
  const groups = new Map(queues.map((one) => [one?.name, one?.resolved?.storeQueue?.group]));
  const groupOf = (queue: string) => groups.get(queue);
  const tracing = resolveTracing("tracedDrain", telemetry, ["parent"], {
    groupOf,
    around: undefined,
  });
  const span = tracing.tracer.startSpan(`drain ${[...groups.keys()].join(",")}`, {
    kind: SpanKind.CLIENT,
    attributes: passAttributes(queues),
  });
  // Handlers are told which span they are in: not every runtime keeps a context over promises.
  const around = trace.setSpan(context.active(), span);
  const inSpan = traceHandler(handler as Handler<unknown>, { ...tracing, around });
  try {
    const pass = () => drain(given as Queue<unknown>, asGiven(handler, inSpan), options);
    const report = await context.with(around, pass);
    tell(span, report, tracing.errorTexts);
    return report;
  } catch (error) {
    failSpan(span, error, tracing.errorTexts);
    throw error;
  } finally {
    span.end();
  }
}

/** What is no handler, `drain` refuses. */
function asGiven(handler: Handler<never>, inSpan: Handler<unknown>): Handler<unknown> {
  return typeof handler === "function" ? inSpan : (handler as Handler<unknown>);
}

/** Of several queues neither name nor group is that of every message. */
function passAttributes(queues: readonly Queue<unknown>[]): Attributes {
  const [only] = queues;
  return operationAttributes("receive", "drain", {
    queue: queues.length === 1 ? only?.name : undefined,
    group: queues.length === 1 ? only?.resolved?.storeQueue?.group : undefined,
  });
}

function tell(span: Span, report: DrainReport, errorTexts: boolean): void {
  span.setAttributes({
    [MESSAGE_COUNT]: report.claimed,
    "xdrain.pass.stopped": report.stopped,
    "xdrain.pass.more": report.more,
    "xdrain.pass.completed": report.completed,
    "xdrain.pass.retried": report.retried,
    "xdrain.pass.dead": report.dead,
    "xdrain.pass.duplicates": report.duplicates,
    "xdrain.pass.lost": report.lost,
    "xdrain.pass.requests": report.requests,
    "xdrain.pass.commands": report.commands,
  });
  if (report.error !== undefined) failSpan(span, report.error, errorTexts);
}
