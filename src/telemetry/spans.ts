// All that imports @opentelemetry/api.
export { drainInSpan } from "./drain-in-span.ts";
export { handlerInSpan } from "./handler-in-span.ts";
export { queueInSpans } from "./queue-in-spans.ts";
