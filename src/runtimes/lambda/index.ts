/**
 * Queues in an AWS Lambda function: passes by schedule, by rule and by invocation, and HTTP. Its types use
 * `@types/aws-lambda`; nothing of that is there at run time.
 * @module
 */
export type { AfterPasses, OnReport } from "../drain-works.ts";
export type { AskedLimits, InvocationLimits } from "../limits.ts";
export { type Work, work } from "../work.ts";
export type { DrainInput, LambdaEvent } from "./drain-event.ts";
export {
  type DrainResult,
  type LambdaContext,
  type LambdaHandler,
  type LambdaOptions,
  lambda,
} from "./handler.ts";
export type { HttpResult } from "./http-event.ts";
