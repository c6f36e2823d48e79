import {
  type Attributes,
  context,
  type Link,
  type Span,
  type SpanContext,
  SpanKind,
  trace,
} from "@opentelemetry/api";
import { flag, refuse } from "../expect.ts";
import type { Queue } from "../queue.ts";
import type { BatchMessage, SendOptions, Sent } from "../send.ts";
import { MESSAGE_COUNT, MESSAGE_ID, operationAttributes } from "./attributes.ts";
import { carriedSpan, traceToCarry } from "./carried.ts";
import { failSpan } from "./failure.ts";
import { type ResolvedTelemetry, resolveTelemetry, type TelemetryOptions } from "./options.ts";

export interface TracedQueueOptions extends TelemetryOptions {
  /**
   * Give each message of a batch a span of its own, `create <queue>`, so that what becomes of it can be
   * told from its neighbours. With false all of a batch carry the span of their send. @default true
   */
  readonly createSpans?: boolean;
}

/** A send that is under way. */
interface Sending {
  readonly telemetry: ResolvedTelemetry;
  readonly span: Span;
  readonly attributes: Attributes;
  readonly messages: number;
}

/**
 * The same queue, whose sends make spans, `send <queue>`. Messages carry them to their handlers, so that
 * `traced` finds who sent them. A `trace` that a message is given is carried as it is.
 *
 * @example
 * const orders = tracedQueue(createQueue<Order>({ name: "orders", store }));
 * @throws OptionError for an option that cannot be used.
 */
export function tracedQueue<Input, Payload>(
  queue: Queue<Input, Payload>,
  options: TracedQueueOptions = {},
): Queue<Input, Payload> {
  if (typeof queue?.sendBatch !== "function") refuse("queue", "a queue made by createQueue", queue);
  const telemetry = resolveTelemetry("tracedQueue", options, ["createSpans"]);
  const createSpans = flag("createSpans", options.createSpans, true);
  const attributes = operationAttributes("send", "send", { queue: queue.name });

  return {
    ...queue,

    send(payload, sendOptions = {}) {
      const given = carriedSpan(sendOptions?.trace);
      const span = telemetry.tracer.startSpan(`send ${queue.name}`, {
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
  const { tracer } = telemetry;
  const origins = messages.map((message) => {
    return carriedSpan(message?.trace) ?? (createSpans ? create(telemetry, queue.name) : undefined);
  });
  const span = tracer.startSpan(`send ${queue.name}`, {
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
function create({ tracer }: ResolvedTelemetry, queue: string): SpanContext {
  const span = tracer.startSpan(`create ${queue}`, {
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
