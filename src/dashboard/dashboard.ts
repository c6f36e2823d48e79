import type { FetchApp } from "../runtimes/http/fetch-app.ts";
import { makeFetchApp } from "../runtimes/http/make-fetch-app.ts";
import { type DashboardOptions, resolveDashboard } from "./options.ts";

/**
 * A dashboard of queues over Redis, for any platform that takes a `fetch`, or behind a route of another
 * app. No I/O and no cryptography before the first request: cheap enough to make in every invocation.
 * It needs the package `hono`, which is loaded meanwhile: `fetch` rejects with a PackageError without it.
 *
 * People sign in with a token: readers look, admins pause and resume queues, send, cancel, redrive and
 * remove. All pages work without scripts; with them they stay up to date by themselves.
 *
 * @example
 * const pages = dashboard({ queues: orders, tokens: [{ token, role: "admin" }] });
 * app.all("/dashboard/*", (c) => pages.fetch(c.req.raw));
 * @throws OptionError for an option that cannot be used, and for a queue whose store is not over Redis.
 */
export function dashboard(options: DashboardOptions): FetchApp {
  const resolved = resolveDashboard(options);
  return makeFetchApp("xdrain/dashboard", async () => (await import("./app.ts")).pagesOf(resolved));
}
