import { name, oneOf, refuse } from "../expect.ts";
import type { Handler, PreparedHandler } from "../message.ts";
import { loadSpans } from "./load.ts";
import type { Tracing } from "./message-span.ts";
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
 * @throws OptionError for an option that cannot be used. Passes: PackageError, before they claim anything,
 * if `@opentelemetry/api` is missing or too old.
 */
export function traced<Payload>(
  handler: Handler<Payload>,
  options: TracedOptions = {},
): Handler<Payload> {
  if (typeof handler !== "function") refuse("handler", "a function", handler);
  const group = options.group === undefined ? undefined : name("group", options.group);
  const place = { groupOf: () => group, around: undefined };
  const tracing = resolveTracing("traced", options, ["parent", "group"], place);
  const whenLoaded = loadSpans((spans) => spans.handlerInSpan(handler, tracing));
  const inSpan: PreparedHandler<Payload> = (message, handlerContext) =>
    whenLoaded((loaded) => loaded(message, handlerContext));
  inSpan.prepare = () => whenLoaded(() => undefined);
  return inSpan;
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
