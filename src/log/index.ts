/**
 * Structured logs of passes and failures, for the console, CloudWatch and pino.
 * @module
 */
export { type ConsoleOptions, consoleJson, type WriteLine } from "./console-json.ts";
export { embeddedMetrics } from "./embedded-metrics.ts";
export type { EmbeddedMetric, EmbeddedMetricsOptions } from "./embedded-options.ts";
export type { ErrorText } from "./error-text.ts";
export type {
  ErrorLine,
  FailureLine,
  Level,
  LogLine,
  PassCounts,
  PassLine,
  StatsLine,
} from "./line.ts";
export { createLog, type Log, type LoggedQueue, type LogOptions, type Sink } from "./log.ts";
export { type PinoLike, pinoLines } from "./pino.ts";
