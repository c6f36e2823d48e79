/**
 * Queues over HTTP: send, drain and health, with bearer tokens.
 * @module
 */
export type { OnReport } from "../drain-works.ts";
export type { AskedLimits, InvocationLimits } from "../limits.ts";
export { type Work, work } from "../work.ts";
export { httpApp } from "./app.ts";
export type { ErrorReply, HttpErrorCode } from "./errors.ts";
export type { HttpOptions } from "./options.ts";
export type { AccessToken, Scope } from "./tokens.ts";
