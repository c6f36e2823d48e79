import type { FailedMessage } from "../drain-options.ts";
import { flag, onlyKnown, refuse } from "../expect.ts";
import type { Queue } from "../queue.ts";
import type { DrainReport } from "../report.ts";
import { errorLine, failureLine, isIdle, type LogLine, passLine, statsLine } from "./line.ts";

/** Where lines go: `consoleJson()`, `embeddedMetrics()`, `pinoLines(logger)`, or a function of yours. */
export type Sink = (line: LogLine) => unknown;

export interface LogOptions {
  /** Log passes too that found nothing to do. Metrics need them, to tell that passes are made. @default false */
  readonly idle?: boolean;
  /**
   * Log the texts of errors, without what looks like a credential. They hold what the handler put there;
   * with false only the error's name and code are logged. @default true
   */
  readonly texts?: boolean;
  /** Log the stacks of errors too. @default false */
  readonly stacks?: boolean;
}

/** Hooks that write one line for each thing that happened. None of them throws. */
export interface Log {
  /** One line a pass: the `onReport` of a runtime. */
  readonly onReport: (report: DrainReport) => void;
  /**
   * One line a failure: the `onError` of a drain, which tells the message, and of `httpApp`, `metricsHandler`
   * and a queue's `wake`.
   */
  readonly onError: (error: unknown, message?: FailedMessage | string) => void;
  /**
   * Looks at queues and writes a line for each: eight commands that only read. One that cannot be read within
   * five seconds is an error line.
   */
  readonly stats: (queues: LoggedQueue | readonly LoggedQueue[]) => Promise<void>;
}

/** After a pass a function has not much time left. */
const LOOK_MS = 5_000;

/** A queue that is looked at, of whatever payload. */
export type LoggedQueue = Pick<Queue<never, unknown>, "name" | "stats">;

/**
 * Structured logs: what a pass did, what failed, where messages are. No line holds a payload.
 *
 * @example
 * const log = createLog(consoleJson());
 * const inbox = work(orders, ship, { onError: log.onError });
 * export const handler = lambda({ queues: () => inbox, onReport: log.onReport });
 * @throws OptionError for an option that cannot be used.
 */
export function createLog(sink: Sink, options: LogOptions = {}): Log {
  if (typeof sink !== "function") refuse("sink", "a function, such as consoleJson()", sink);
  onlyKnown("createLog", options, ["idle", "texts", "stacks"]);
  const idle = flag("idle", options.idle, false);
  const settings = {
    texts: flag("texts", options.texts, true),
    stacks: flag("stacks", options.stacks, false),
  };

  /** A log that is broken must not break what it tells of. */
  function write(makeLine: () => LogLine): void {
    try {
      const written: unknown = sink(makeLine());
      if (written instanceof Promise) written.catch(() => {});
    } catch {
      // Ignored: there is nowhere to tell it.
    }
  }

  async function look({ name, stats }: LoggedQueue): Promise<void> {
    try {
      const read = await stats({ timeout: LOOK_MS });
      write(() => statsLine(name, read));
    } catch (error) {
      write(() => errorLine(error, name, settings));
    }
  }

  return {
    onReport(report) {
      if (idle || !isIdle(report)) write(() => passLine(report, settings));
    },
    onError(error, message) {
      write(() =>
        typeof message === "object"
          ? failureLine(error, message, settings)
          : errorLine(error, message, settings),
      );
    },
    async stats(queues) {
      await Promise.all([queues].flat().map((queue) => look(queue as LoggedQueue)));
    },
  };
}
