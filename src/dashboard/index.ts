/**
 * A dashboard of queues. It needs the package `hono`.
 * @module
 */

export type { ExecutionContextLike, FetchApp } from "../runtimes/http/fetch-app.ts";
export { type Attempts, limitAttempts } from "./attempts.ts";
export { dashboard } from "./dashboard.ts";
export type { DashboardOptions, DashboardToken, Role, ShownQueue } from "./options.ts";
