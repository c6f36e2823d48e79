/**
 * Spans and measurements by OpenTelemetry, with the semantic conventions for messaging.
 * @module
 */
export type { TelemetryOptions } from "./options.ts";
export { type TracedOptions, traced } from "./traced.ts";
export { type TracedDrainOptions, tracedDrain } from "./traced-drain.ts";
export { type TracedQueueOptions, tracedQueue } from "./traced-queue.ts";
