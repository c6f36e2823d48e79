import { integer } from "../../expect.ts";
import type { OnReport } from "../drain-works.ts";
import type { InvocationLimits } from "../limits.ts";
import { checkWorks, type Work } from "../work.ts";
import type { AccessToken } from "./tokens.ts";

export interface HttpOptions {
  /** The queues that are served, by their names. */
  readonly queues: Work | readonly Work[];
  /** Who may do what; without a token nobody may do anything. */
  readonly tokens: readonly AccessToken[];
  /** What the platform leaves to this invocation; no pass exceeds it. @default 25 s a pass */
  readonly limits?: InvocationLimits | undefined;
  /** Largest request body, in bytes. @default 4 000 000 */
  readonly maxBodyBytes?: number;
  /** Most messages that one request sends. @default 500, what the store takes at once */
  readonly maxMessages?: number;
  /** Say the texts of handlers' errors in replies; they hold what the handler put there. @default false */
  readonly showErrors?: boolean;
  readonly onReport?: OnReport;
  /** Told of each request that failed with 500 or 503, for a log; what it throws is ignored. */
  readonly onError?: (error: unknown) => unknown;
}

export interface ResolvedHttp extends HttpOptions {
  readonly queues: readonly Work[];
  readonly limits: InvocationLimits;
  readonly maxBodyBytes: number;
  readonly maxMessages: number;
  readonly showErrors: boolean;
}

/** @throws OptionError for an option that cannot be used. */
export function resolveHttp(options: HttpOptions): ResolvedHttp {
  return {
    ...options,
    queues: checkWorks(options.queues),
    limits: options.limits ?? {},
    maxBodyBytes: integer("maxBodyBytes", options.maxBodyBytes, {
      min: 1,
      max: 100_000_000,
      default: 4_000_000,
    }),
    maxMessages: integer("maxMessages", options.maxMessages, {
      min: 1,
      max: 10_000,
      default: 500,
    }),
    showErrors: options.showErrors === true,
  };
}
