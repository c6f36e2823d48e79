import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { type DrainReport, OptionError } from "../../index.ts";
import { type AfterPasses, drainWorks, type OnReport, tellAll } from "../drain-works.ts";
import type { InvocationLimits } from "../limits.ts";
import { checkWorks, type Work } from "../work.ts";
import { type LambdaEvent, readDrainEvent, selectWorks } from "./drain-event.ts";
import { type HttpResult, isHttpEvent, toRequest, toResult } from "./http-event.ts";

/** What is used of Lambda's context; a test needs no more. */
export type LambdaContext = Pick<Context, "getRemainingTimeInMillis">;

/** What a tick or an invocation returns; Lambda writes it as JSON, its dates as ISO texts. */
export interface DrainResult {
  readonly reports: readonly DrainReport[];
}

export interface LambdaOptions {
  /** The queues of this function, made in every invocation that asks for passes. */
  readonly queues: (event: LambdaEvent) => Work | readonly Work[];
  /**
   * Answers a Function URL and an API Gateway HTTP API, as the `fetch` of a Hono app does; to give
   * `limits` on to `httpApp` keeps its passes within the function's timeout.
   */
  readonly fetch?: (request: Request, limits: InvocationLimits) => Response | Promise<Response>;
  readonly onReport?: OnReport;
  /** Told of all passes of a tick once they are over, to ask for the next one. */
  readonly afterPasses?: AfterPasses;
}

/**
 * A `Handler` of `@types/aws-lambda`: of requests in payload format 2.0, of what asks for passes, and of
 * whatever was parsed from JSON, which is checked when it arrives.
 */
export interface LambdaHandler {
  (event: APIGatewayProxyEventV2, context: LambdaContext): Promise<HttpResult>;
  (event: LambdaEvent, context: LambdaContext): Promise<DrainResult>;
  (event: unknown, context: LambdaContext): Promise<DrainResult | HttpResult>;
}

/**
 * Makes a function's handler, for schedules, rules, direct invocations and HTTP.
 *
 * The invocation fails when a pass could not run, so that Lambda tries again and alarms see it. A
 * store that failed in the middle, and dead letters, are told by the report.
 *
 * @example
 * export const handler = lambda({ queues: () => work(orders(process.env), ship) });
 */
export function lambda(options: LambdaOptions): LambdaHandler {
  async function handler(
    event: unknown,
    context: LambdaContext,
  ): Promise<DrainResult | HttpResult> {
    const limits = {
      deadline: new Date(Date.now() + passTime(context.getRemainingTimeInMillis())),
    };
    if (isHttpEvent(event)) {
      if (options.fetch === undefined) {
        throw new OptionError("Expected `fetch` for an HTTP event: this function has none.");
      }
      const request = toRequest(event);
      if (request === undefined) return toResult(new Response("Bad request", { status: 400 }));
      return toResult(await options.fetch(request, limits));
    }
    const { queue, ...wanted } = readDrainEvent(event);
    const works = selectWorks(checkWorks(options.queues(event as LambdaEvent)), queue);
    const { onReport } = options;
    const reports = await drainWorks(works, { limits, ...wanted, onReport });
    await tellAll(options.afterPasses, reports);
    return { reports };
  }
  return handler as LambdaHandler;
}

/**
 * How long passes may take where so much is left until the timeout: a tenth stays for answering and
 * for what is slower than expected, at least a second.
 */
export function passTime(remainingMs: number): number {
  return Math.max(0, remainingMs - Math.max(1_000, remainingMs / 10));
}
