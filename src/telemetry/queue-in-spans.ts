import {
  type Attributes,
  context,
  type Link,
  type Span,
  type SpanContext,
  SpanKind,
  trace,
} from "@opentelemetry/api";
import type { Queue } from "../queue.ts";
import type { BatchMessage, SendOptions, Sent } from "../send.ts";
import { MESSAGE_COUNT, MESSAGE_ID, operationAttributes } from "./attributes.ts";
import { carriedSpan, traceToCarry } from "./carried.ts";
import { failSpan } from "./failure.ts";
import { tracerOf } from "./message-span.ts";
import type { ResolvedTelemetry } from "./options.ts";

/** A send that is under way. */
interface Sending {
  readonly telemetry: ResolvedTelemetry;
  readonly span: Span;
  readonly attributes: Attributes;
  readonly messages: number;
}

/** How a queue sends in spans. */
export function queueInSpans<Input, Payload>(
  queue: Queue<Input, Payload>,
  telemetry: ResolvedTelemetry,
  createSpans: boolean,
): Pick<Queue<Input, Payload>, "send" | "sendBatch"> {
  const attributes = operationAttributes("send", "send", { queue: queue.name });
  return {
    send(payload, sendOptions = {}) {
      const given = carriedSpan(sendOptions?.trace);
      const span = tracerOf(telemetry).startSpan(`send ${queue.name}`, {
        kind: given === undefined ? SpanKind.PRODUCER : SpanKind.CLIENT,
        attributes,
        links: linksTo([given]),
      });
      const carried = carrying(sendOptions, span.spanContext());
      return finish({ telemetry, span, attributes, messages: 1 }, async () => {
        const sent = await queue.send(payload, carried);
        if (sent.id !== "") span.setAttribute(MESSAGE_ID, sent.id);
        return sent;
      });
    },

    sendBatch(messages) {
      // What is no list, the queue refuses.
      if (!Array.isArray(messages) || messages.length === 0) return queue.sendBatch(messages);
      return sendTraced(queue, messages, { telemetry, attributes, createSpans });
    },
  };
}

function sendTraced<Input>(
  queue: Pick<Queue<Input, never>, "name" | "sendBatch">,
  messages: readonly BatchMessage<Input>[],
  settings: Pick<Sending, "telemetry" | "attributes"> & { readonly createSpans: boolean },
): Promise<readonly Sent[]> {
  const { telemetry, attributes, createSpans } = settings;
  const origins = messages.map((message) => {
    return carriedSpan(message?.trace) ?? (createSpans ? create(telemetry, queue.name) : undefined);
  });
  const span = tracerOf(telemetry).startSpan(`send ${queue.name}`, {
    kind: origins.includes(undefined) ? SpanKind.PRODUCER : SpanKind.CLIENT,
    attributes: { ...attributes, [MESSAGE_COUNT]: messages.length },
    links: linksTo(origins),
  });
  const carried = messages.map((message, i) => {
    // What is no message, the queue refuses.
    if (typeof message !== "object" || message === null) return message;
    return carrying(message, origins[i] ?? span.spanContext());
  });
  const sending = { telemetry, span, attributes, messages: messages.length };
  return finish(sending, () => queue.sendBatch(carried));
}

/** The span of one message of a batch: over at once, and there to be carried. */
function create(telemetry: ResolvedTelemetry, queue: string): SpanContext {
  const span = tracerOf(telemetry).startSpan(`create ${queue}`, {
    kind: SpanKind.PRODUCER,
    attributes: operationAttributes("create", "create", { queue }),
  });
  span.end();
  return span.spanContext();
}

/** A trace that was given stays, whatever it is; a span without a trace is not carried. */
function carrying<Options extends SendOptions>(options: Options, span: SpanContext): Options {
  if (options?.trace !== undefined) return options;
  const carried = traceToCarry(span);
  return carried === undefined ? options : { ...options, trace: carried };
}

function linksTo(spans: readonly (SpanContext | undefined)[]): Link[] {
  return spans.filter((span) => span !== undefined).map((span) => ({ context: span }));
}

/** Sends within the span and ends it, whatever comes of that. */
async function finish<Result>(sending: Sending, send: () => Promise<Result>): Promise<Result> {
  const { telemetry, span, attributes, messages } = sending;
  const startedAt = performance.now();
  let failure: { readonly error: unknown } | undefined;
  try {
    return await context.with(trace.setSpan(context.active(), span), send);
  } catch (error) {
    failure = { error };
    failSpan(span, error, telemetry.errorTexts);
    throw error;
  } finally {
    telemetry.instruments?.sent(
      { attributes, ms: performance.now() - startedAt, failure },
      messages,
    );
    span.end();
  }
}
