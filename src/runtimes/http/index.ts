/**
 * Queues over HTTP: send, drain and health, for callers who prove who they are.
 * @module
 */
export type { Caller, Proof, Scope } from "../../signing/caller.ts";
export type { SigningKey } from "../../signing/keys.ts";
export { memoryNonces, type Nonces } from "../../signing/nonces.ts";
export {
  type IoredisLike,
  ioredisNonces,
  type RedisNoncesOptions,
  type UpstashLike,
  upstashNonces,
} from "../../signing/redis-nonces.ts";
export { type SignedOptions, signed } from "../../signing/signed.ts";
export type { OnReport } from "../drain-works.ts";
export type { AskedLimits, InvocationLimits } from "../limits.ts";
export { type Work, work } from "../work.ts";
export { httpApp } from "./app.ts";
export type { ErrorReply, HttpErrorCode } from "./errors.ts";
export type { ExecutionContextLike, FetchApp, WaitUntil } from "./fetch-app.ts";
export type { HttpOptions } from "./options.ts";
export type { AccessToken } from "./tokens.ts";
export { type VercelCronOptions, vercelCron } from "./vercel-cron.ts";
