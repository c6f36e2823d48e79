import {
  type Attributes,
  type Context,
  context,
  isSpanContextValid,
  type Link,
  type Span,
  SpanKind,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { Message } from "../message.ts";
import { DELIVERIES, FAILURES, MESSAGE_ID } from "./attributes.ts";
import { carriedSpan } from "./carried.ts";
import { failSpan } from "./failure.ts";
import type { ResolvedTelemetry } from "./options.ts";

/** What the spans of handlers are made with. */
export interface Tracing extends ResolvedTelemetry {
  readonly parent: "around" | "sender";
  /** The consumer group of a queue, by its name. */
  readonly groupOf: (queue: string) => string | undefined;
  /** What the handlers run in; undefined: whatever is active when they are called. */
  readonly around: Context | undefined;
}

/** The tracer that was given, else the global one. */
export function tracerOf({ tracer }: ResolvedTelemetry): Tracer {
  return tracer ?? trace.getTracer("xdrain");
}

/** The span of a message, and the context in which its handler runs. */
export function startSpan(
  message: Message<unknown>,
  attributes: Attributes,
  tracing: Tracing,
): { readonly span: Span; readonly within: Context } {
  const { parent, around } = tracing;
  const active = around ?? context.active();
  const sender = carriedSpan(message.trace);
  const ambient = trace.getSpanContext(active);
  const underSender = parent === "sender" && sender !== undefined;
  const links: Link[] = sender === undefined ? [] : [{ context: sender }];
  if (underSender && ambient !== undefined && isSpanContextValid(ambient)) {
    links.push({ context: ambient });
  }
  const above = underSender ? trace.setSpanContext(active, sender) : active;
  const span = tracerOf(tracing).startSpan(
    `process ${message.queue}`,
    {
      kind: SpanKind.CONSUMER,
      attributes: {
        ...attributes,
        [MESSAGE_ID]: message.id,
        [DELIVERIES]: message.deliveries,
        [FAILURES]: message.failures,
      },
      links,
    },
    above,
  );
  return { span, within: trace.setSpan(above, span) };
}

/** Ends the span, as failed where there is a failure. */
export type End = (failure: { readonly error: unknown } | undefined) => void;

/** What ends the span; the abort of a signal does, since nobody waits for that handler any more. */
export function endOnce(
  span: Span,
  attributes: Attributes,
  signal: AbortSignal,
  { instruments, errorTexts }: Tracing,
): End {
  const startedAt = performance.now();
  let ended = false;
  const end: End = (failure) => {
    if (ended) return;
    ended = true;
    signal.removeEventListener("abort", interrupted);
    if (failure !== undefined) failSpan(span, failure.error, errorTexts);
    instruments?.processed({ attributes, ms: performance.now() - startedAt, failure });
    span.end();
  };
  const interrupted = () => end({ error: signal.reason });
  signal.addEventListener("abort", interrupted);
  return end;
}
