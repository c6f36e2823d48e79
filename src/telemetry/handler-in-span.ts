import { context } from "@opentelemetry/api";
import type { Handler } from "../message.ts";
import { isPromise } from "../run-handler.ts";
import { operationAttributes } from "./attributes.ts";
import { type End, endOnce, startSpan, type Tracing } from "./message-span.ts";

/** The handler in a span of each message. */
export function handlerInSpan<Payload>(
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
