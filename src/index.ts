/**
 * Reliable message queues on Redis Streams for functions that do not stay running.
 * @module
 */

export type { BackoffOptions } from "./backoff.ts";
export type { DeadLetter, DeadLetters } from "./dead-letters.ts";
export { drain } from "./drain.ts";
export type { DrainOptions, FailedMessage, LingerOptions } from "./drain-options.ts";
export type { Duration } from "./duration.ts";
export {
  type ErrorCode,
  InterruptError,
  OptionError,
  PackageError,
  PayloadError,
  QueueFull,
  SendError,
  StoreError,
  type StoreErrorCode,
  XdrainError,
} from "./errors.ts";
export type { AsText, Codec, Trace } from "./fields.ts";
export type { Handler, HandlerContext, Message } from "./message.ts";
export { createQueue, type Queue, type StatsOptions } from "./queue.ts";
export type { BacklogOptions, KeepNewestOptions, RateOptions } from "./queue-limits.ts";
export type { QueueOptions, RetentionOptions } from "./queue-options.ts";
export type { LetterReason } from "./read-dead-letter.ts";
export type { ReplayOptions } from "./replay.ts";
export type { DrainReport, HandlerFailure, QueueReport, Stopped } from "./report.ts";
export type { BatchMessage, SendOptions, Sent } from "./send.ts";
export { Reject, Retry } from "./signals.ts";
export type { SchemaIssue, SchemaResult, StandardSchema } from "./standard-schema.ts";
export type { Start } from "./start.ts";
export type { Histogram, QueueStats, Throughput, Totals } from "./statistics.ts";
export type { Answer, Backlog, Clock, DeadReason, Depth, Store } from "./store.ts";
export type { Kick, KickRequest, WakeOptions } from "./wake.ts";
