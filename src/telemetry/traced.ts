import { context } from "@opentelemetry/api";
import { name, oneOf, refuse } from "../expect.ts";
import type { Handler } from "../message.ts";
import { isPromise } from "../run-handler.ts";
import { operationAttributes } from "./attributes.ts";
import { type End, endOnce, startSpan, type Tracing } from "./message-span.ts";
import { resolveTelemetry, type TelemetryOptions } from "./options.ts";

export interface TracedOptions extends TelemetryOptions {
  /**
   * Where a message's span hangs: `around` makes it a child of whatever span its pass runs in, with a
   * link to the one that sent the message; `sender` makes it a child of the latter, in one trace with it,
   * with a link to the pass. @default "around", as the conventions recommend
   */
  readonly parent?: "around" | "sender";
  /** The consumer group, for the spans; a message does not know it. @default it is not said */
  readonly group?: string;
}

/**
 * A handler that runs in a span of its own, `process <queue>`, one a message. The span ends with the
 * handler, or when its signal is aborted, and says which error it ended with. Without a registered
 * OpenTelemetry SDK it costs next to nothing.
 *
 * @example
 * const inbox = work(orders, traced(async (message) => ship(message.payload)));
 * @throws OptionError for an option that cannot be used.
 */
export function traced<Payload>(
  handler: Handler<Payload>,
  options: TracedOptions = {},
): Handler<Payload> {
  if (typeof handler !== "function") refuse("handler", "a function", handler);
  const group = options.group === undefined ? undefined : name("group", options.group);
  const place = { groupOf: () => group, around: undefined };
  const tracing = resolveTracing("traced", options, ["parent", "group"], place);
  return traceHandler(handler, tracing);
}

/** @throws OptionError for an option that cannot be used. */
export function resolveTracing(
  what: string,
  options: TracedOptions,
  known: readonly string[],
  place: Pick<Tracing, "groupOf" | "around">,
): Tracing {
  return {
    ...resolveTelemetry(what, options, known),
    parent: oneOf("parent", options.parent, ["around", "sender"]),
    ...place,
  };
}

export function traceHandler<Payload>(
  handler: Handler<Payload>,
  tracing: Tracing,
): Handler<Payload> {
  return (message, handlerContext) => {
    const attributes = operationAttributes("process", "process", {
      queue: message.queue,
      group: tracing.groupOf(message.queue),
    });
    const { span, within } = startSpan(message, attributes, tracing);
    const end = endOnce(span, attributes, handlerContext.signal, tracing);
    try {
      const result = context.with(within, () => handler(message, handlerContext));
      if (!isPromise(result)) {
        end(undefined);
        return result;
      }
      return settle(result, end);
    } catch (error) {
      end({ error });
      throw error;
    }
  };
}

async function settle(work: PromiseLike<unknown>, end: End): Promise<unknown> {
  try {
    const result = await work;
    end(undefined);
    return result;
  } catch (error) {
    end({ error });
    throw error;
  }
}
