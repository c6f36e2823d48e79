import { flag, refuse } from "../expect.ts";
import type { Queue } from "../queue.ts";
import { loadSpans } from "./load.ts";
import { resolveTelemetry, type TelemetryOptions } from "./options.ts";

export interface TracedQueueOptions extends TelemetryOptions {
  /**
   * Give each message of a batch a span of its own, `create <queue>`, so that what becomes of it can be
   * told from its neighbours. With false all of a batch carry the span of their send. @default true
   */
  readonly createSpans?: boolean;
}

/**
 * The same queue, whose sends make spans, `send <queue>`. Messages carry them to their handlers, so that
 * `traced` finds who sent them. A `trace` that a message is given is carried as it is.
 *
 * @example
 * const orders = tracedQueue(createQueue<Order>({ name: "orders", store }));
 * @throws OptionError for an option that cannot be used. Sends: PackageError if `@opentelemetry/api` is
 * missing or too old.
 */
export function tracedQueue<Input, Payload>(
  queue: Queue<Input, Payload>,
  options: TracedQueueOptions = {},
): Queue<Input, Payload> {
  if (typeof queue?.sendBatch !== "function") refuse("queue", "a queue made by createQueue", queue);
  const telemetry = resolveTelemetry("tracedQueue", options, ["createSpans"]);
  const createSpans = flag("createSpans", options.createSpans, true);
  const whenLoaded = loadSpans((spans) => spans.queueInSpans(queue, telemetry, createSpans));
  return {
    ...queue,
    send: async (payload, sendOptions) =>
      whenLoaded((inSpans) => inSpans.send(payload, sendOptions)),
    sendBatch: async (messages) => whenLoaded((inSpans) => inSpans.sendBatch(messages)),
  };
}
