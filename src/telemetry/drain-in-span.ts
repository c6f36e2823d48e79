import { type Attributes, context, type Span, SpanKind, trace } from "@opentelemetry/api";
import { drain } from "../drain.ts";
import type { DrainOptions } from "../drain-options.ts";
import type { Handler } from "../message.ts";
import type { AnyQueue, Queue } from "../queue.ts";
import type { DrainReport } from "../report.ts";
import { MESSAGE_COUNT, operationAttributes } from "./attributes.ts";
import { failSpan } from "./failure.ts";
import { handlerInSpan } from "./handler-in-span.ts";
import { type Tracing, tracerOf } from "./message-span.ts";

/** A pass in a span of its own. */
export async function drainInSpan(
  given: AnyQueue | readonly AnyQueue[],
  handler: Handler<never>,
  options: DrainOptions,
  settings: Omit<Tracing, "groupOf" | "around">,
): Promise<DrainReport> {
  const queues = [given].flat() as Queue<unknown>[];
  const groups = new Map(queues.map((one) => [one?.name, one?.resolved?.storeQueue?.group]));
  const groupOf = (queue: string) => groups.get(queue);
  const tracing: Tracing = { ...settings, groupOf, around: undefined };
  const span = tracerOf(tracing).startSpan(`drain ${[...groups.keys()].join(",")}`, {
    kind: SpanKind.CLIENT,
    attributes: passAttributes(queues),
  });
  // Handlers are told which span they are in: not every runtime keeps a context over promises.
  const around = trace.setSpan(context.active(), span);
  const inSpan = handlerInSpan(handler as Handler<unknown>, { ...tracing, around });
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
