import type { FailedMessage } from "../drain-options.ts";
import type { DrainReport, QueueReport } from "../report.ts";
import type { QueueStats } from "../statistics.ts";
import { type ErrorText, errorText, type TextSettings } from "./error-text.ts";

/** One line of a log: what happened, how bad it is, and what is known of it. Plain data, for JSON. */
export type LogLine = PassLine | FailureLine | StatsLine | ErrorLine;

export type Level = "info" | "warn" | "error";

/** What a pass did to one queue; counters that are 0 are left out, but for the first four. */
export interface PassCounts {
  readonly queue: string;
  readonly claimed: number;
  readonly completed: number;
  readonly retried: number;
  readonly dead: number;
  readonly duplicates?: number;
  readonly deferred?: number;
  readonly released?: number;
  readonly lost?: number;
  readonly uncertain?: number;
  readonly reclaimed?: number;
  readonly replayed?: number;
  readonly lostPayloads?: number;
  readonly trimmedUnread?: number;
  readonly trimmed?: number;
  readonly repaired?: number;
  readonly commands?: number;
  /** ISO 8601. */
  readonly nextDueAt?: string;
}

/** A pass that ended. */
export interface PassLine extends PassCounts {
  readonly message: "pass";
  readonly level: Level;
  readonly stopped: DrainReport["stopped"];
  readonly more: boolean;
  readonly elapsedMs: number;
  readonly requests: number;
  /** Each queue by itself, where the pass drained several. */
  readonly queues?: readonly PassCounts[];
  /** Why the store failed. */
  readonly error?: ErrorText;
}

/** A handler that failed for one message. */
export interface FailureLine extends FailedMessage {
  readonly message: "failure";
  readonly level: Level;
  readonly error: ErrorText;
}

/** Where the messages of a queue are. */
export interface StatsLine {
  readonly message: "stats";
  readonly level: Level;
  readonly queue: string;
  readonly ready: number;
  readonly inFlight: number;
  readonly parked: number;
  readonly delayed: number;
  readonly dead: number;
  readonly entries: number;
  /** 0 where nothing is ready; left out where nobody can tell. */
  readonly oldestReadyAgeMs?: number;
  readonly drainsInMs?: number;
  /** Left out where no pass ended yet. */
  readonly lastPassAgeMs?: number;
  readonly paused: boolean;
}

/** Something else that failed: a request, a kick, a look at a queue. */
export interface ErrorLine {
  readonly message: "error";
  readonly level: "error";
  readonly queue?: string;
  readonly error: ErrorText;
}

const OTHER_COUNTERS = [
  "duplicates",
  "deferred",
  "released",
  "lost",
  "uncertain",
  "reclaimed",
  "replayed",
  "lostPayloads",
  "trimmedUnread",
  "trimmed",
  "repaired",
] as const;

/** What somebody should look at, though the pass went well. */
const WARNINGS = ["dead", "lostPayloads", "trimmedUnread", "lost", "uncertain"] as const;

/** Nothing was there to do, and nothing went wrong. */
export function isIdle(report: DrainReport): boolean {
  const { stopped, claimed, completed, dead } = report;
  const did = [claimed, completed, dead, ...OTHER_COUNTERS.map((name) => report[name])];
  return ["empty", "paused", "limited"].includes(stopped) && did.every((count) => count === 0);
}

export function passLine(report: DrainReport, settings: TextSettings): PassLine {
  const { stopped, more, elapsedMs, requests, queues, error } = report;
  return {
    message: "pass",
    level: passLevel(report),
    ...counts(report),
    stopped,
    more,
    elapsedMs,
    requests,
    ...(queues === undefined ? {} : { queues: queues.map(counts) }),
    ...(error === undefined ? {} : { error: errorText(error, settings) }),
  };
}

export function failureLine(
  thrown: unknown,
  { queue, id, deliveries, outcome }: FailedMessage,
  settings: TextSettings,
): FailureLine {
  const level = outcome === "dead" ? "error" : "warn";
  const error = errorText(thrown, settings);
  return { message: "failure", level, queue, id, deliveries, outcome, error };
}

export function statsLine(queue: string, stats: QueueStats): StatsLine {
  const { ready, inFlight, parked, delayed, dead, entries, paused, at, lastPassAt } = stats;
  const oldestReadyAgeMs = stats.oldestReadyAgeMs ?? (ready === 0 ? 0 : undefined);
  const { drainsInMs } = stats;
  return {
    message: "stats",
    level: "info",
    ...{ queue, ready, inFlight, parked, delayed, dead, entries },
    ...(oldestReadyAgeMs === undefined ? {} : { oldestReadyAgeMs }),
    ...(drainsInMs === undefined ? {} : { drainsInMs }),
    ...(lastPassAt === undefined ? {} : { lastPassAgeMs: at.getTime() - lastPassAt.getTime() }),
    paused,
  };
}

export function errorLine(
  thrown: unknown,
  queue: string | undefined,
  settings: TextSettings,
): ErrorLine {
  const error = errorText(thrown, settings);
  return { message: "error", level: "error", ...(queue === undefined ? {} : { queue }), error };
}

function passLevel(report: DrainReport): Level {
  if (report.stopped === "store") return "error";
  return WARNINGS.some((name) => report[name] > 0) ? "warn" : "info";
}

function counts(report: QueueReport): PassCounts {
  const { queue, claimed, completed, retried, dead, commands, nextDueAt } = report;
  const others = OTHER_COUNTERS.filter((name) => report[name] !== 0);
  return {
    ...{ queue, claimed, completed, retried, dead },
    ...Object.fromEntries(others.map((name) => [name, report[name]])),
    ...(commands === 0 ? {} : { commands }),
    ...(nextDueAt === undefined ? {} : { nextDueAt: nextDueAt.toISOString() }),
  };
}
