/**
 * Queues in a Cloudflare Worker: passes by cron, and a fetch handler that knows its limits.
 * @module
 */
import { milliseconds } from "../duration.ts";
import { integer } from "../expect.ts";
import type { Duration } from "../index.ts";
import { drainWorks, type OnReport } from "./drain-works.ts";
import type { InvocationLimits } from "./limits.ts";
import { checkWorks, type Work } from "./work.ts";

export type { OnReport } from "./drain-works.ts";
export type { InvocationLimits } from "./limits.ts";
export { type Work, work } from "./work.ts";

/** What the helper uses of a Worker's ExecutionContext. */
export interface WorkerContext {
  waitUntil(promise: Promise<unknown>): void;
}

/** Which cron fired, and when it was due. */
export interface CronTrigger {
  /** As in the configuration: `* * * * *`. */
  readonly cron: string;
  /** Milliseconds since 1970. */
  readonly scheduledTime: number;
}

/** What the plan allows one invocation. */
export interface WorkerLimits {
  /** How long a cron's passes may take. @default 60 s */
  readonly scheduled?: Duration | undefined;
  /**
   * Most requests to the store. The free plan has 50 subrequests, and those of the handlers count
   * too. The queues of one invocation share them evenly. @default 45
   */
  readonly maxRequests?: number | undefined;
}

export interface WorkerOptions<Env, Context extends WorkerContext = WorkerContext> {
  /** The queues that a cron drains. Called in every invocation, since the env comes with it. */
  readonly queues: (env: Env, trigger: CronTrigger) => Work | readonly Work[];
  /**
   * Answers requests; to give `limits` on to `httpApp` keeps its passes within them, and `context`
   * lets a pass go on when its caller hangs up. @default 404
   */
  readonly fetch?: (
    request: Request,
    env: Env,
    context: Context,
    limits: InvocationLimits,
  ) => Response | Promise<Response>;
  /** @default the free plan's */
  readonly limits?: (env: Env) => WorkerLimits;
  readonly onReport?: OnReport;
}

/** The two handlers of a Worker. */
export interface WorkerHandlers<Env, Context extends WorkerContext = WorkerContext> {
  scheduled(trigger: CronTrigger, env: Env): Promise<void>;
  fetch(request: Request, env: Env, context: Context): Promise<Response>;
}

const FETCH_MS = 25_000;

/**
 * Makes a Worker's handlers. `scheduled` rejects when a pass could not run, so that the cron shows
 * as failed; a store that failed in the middle, and dead letters, are told by the report.
 *
 * @example
 * export default worker<Env>({ queues: (env, { cron }) => work(orders(env), ship, LIMITS[cron]) });
 */
export function worker<Env, Context extends WorkerContext = WorkerContext>(
  options: WorkerOptions<Env, Context>,
): WorkerHandlers<Env, Context> {
  return {
    // Awaited and not left to waitUntil: a promise that rejects there does not fail the cron.
    async scheduled(trigger, env) {
      const { scheduledMs, maxRequests } = resolveLimits(options.limits?.(env));
      const limits = { deadline: new Date(Date.now() + scheduledMs), maxRequests };
      const works = checkWorks(options.queues(env, trigger));
      await drainWorks(works, { limits, onReport: options.onReport });
    },

    async fetch(request, env, context) {
      if (options.fetch === undefined) return new Response(null, { status: 404 });
      const { maxRequests } = resolveLimits(options.limits?.(env));
      const limits = { deadline: new Date(Date.now() + FETCH_MS), maxRequests };
      return options.fetch(request, env, context, limits);
    },
  };
}

function resolveLimits(given: WorkerLimits = {}) {
  const range = { min: 10, max: 15 * 60_000 };
  return {
    scheduledMs: milliseconds("scheduled", given.scheduled ?? "60 s", range),
    maxRequests: integer("maxRequests", given.maxRequests, { min: 3, max: 10_000, default: 45 }),
  };
}
