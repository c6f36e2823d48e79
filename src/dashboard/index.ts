/**
 * A dashboard of queues, as an app of Hono.
 * @module
 */

export { type Attempts, limitAttempts } from "./attempts.ts";
export { dashboard } from "./dashboard.ts";
export type { DashboardOptions, DashboardToken, Role, ShownQueue } from "./options.ts";
