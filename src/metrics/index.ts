/**
 * Metrics for Prometheus and OpenMetrics, from what is counted in Redis.
 * @module
 */
export type { Format } from "./exposition.ts";
export type { Names } from "./families.ts";
export { type MetricsHandlerOptions, metricsHandler, metricsResponse } from "./handler.ts";
export { type MetricsOptions, metricsText } from "./metrics.ts";
export type { MeteredQueue } from "./read.ts";
