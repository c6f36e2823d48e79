import { OptionError } from "../../errors.ts";
import { integer, refuse } from "../../expect.ts";
import type { Caller } from "../../signing/caller.ts";
import type { OnReport } from "../drain-works.ts";
import type { InvocationLimits } from "../limits.ts";
import { checkWorks, type Work } from "../work.ts";
import type { WaitUntil } from "./fetch-app.ts";
import { type AccessToken, bearer } from "./tokens.ts";

export interface HttpOptions {
  /** The queues that are served, by their names. */
  readonly queues: Work | readonly Work[];
  /** Bearer tokens and what they may do. There has to be a token or a caller. */
  readonly tokens?: readonly AccessToken[] | undefined;
  /** Other ways to prove who calls: `signed`, `vercelCron`, and `qstash` of `xdrain/qstash`. */
  readonly callers?: readonly Caller[] | undefined;
  /** What the platform leaves to this invocation; no pass exceeds it. @default 25 s a pass */
  readonly limits?: InvocationLimits | undefined;
  /**
   * Answers `GET /metrics` for callers with the scope `health`: `metricsResponse(queues)` of `xdrain/metrics`.
   * @default there is no such route
   */
  readonly metrics?: ((request: Request) => Response | Promise<Response>) | undefined;
  /** Largest request body, in bytes. @default 4 000 000 */
  readonly maxBodyBytes?: number;
  /** Most messages that one request sends. @default 500, what the store takes at once */
  readonly maxMessages?: number;
  /** Say the texts of handlers' errors in replies; they hold what the handler put there. @default false */
  readonly showErrors?: boolean;
  /**
   * Lets a pass go on when its caller hangs up or does not wait: `waitUntil` of `@vercel/functions`, or
   * `() => {}` on a server that keeps running. Not on a platform that freezes once it has answered, as
   * Lambda does. @default that of Hono's execution context, where there is one
   */
  readonly waitUntil?: WaitUntil | undefined;
  readonly onReport?: OnReport;
  /**
   * Told of each request that failed with 500 or 503, and of each pass that failed after its request was
   * answered, for a log; what it throws is ignored.
   */
  readonly onError?: (error: unknown) => unknown;
}

export interface ResolvedHttp extends HttpOptions {
  readonly queues: readonly Work[];
  /** Tokens are a caller like the others, and asked first: they cost least. */
  readonly callers: readonly Caller[];
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
    callers: checkCallers(options),
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
    waitUntil: checkWaitUntil(options.waitUntil),
  };
}

function checkWaitUntil(given: WaitUntil | undefined): WaitUntil | undefined {
  if (given === undefined || typeof given === "function") return given;
  return refuse("waitUntil", "a function", given);
}

/** Fails closed: an app that nobody may call is a mistake, and so is a caller that verifies nothing. */
function checkCallers({ tokens, callers = [] }: HttpOptions): readonly Caller[] {
  const all = tokens === undefined ? [...callers] : [bearer(tokens), ...callers];
  if (all.length === 0) {
    throw new OptionError("Expected `tokens` or `callers`: otherwise nobody may call.");
  }
  if (!all.every(isCaller)) {
    throw new OptionError(
      "Expected each of `callers` to be what `signed`, `qstash` or `vercelCron` makes.",
    );
  }
  return all;
}

/** Its header has to be in lower case, as it is looked up; its scheme goes into a header too. */
function isCaller(given: Caller): boolean {
  const { verify, header, scheme } = given ?? {};
  return (
    typeof verify === "function" && /^[a-z0-9-]+$/.test(header) && /^[A-Za-z0-9-]+$/.test(scheme)
  );
}
