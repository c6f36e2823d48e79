import type { FetchApp } from "./fetch-app.ts";
import { makeFetchApp } from "./make-fetch-app.ts";
import { type HttpOptions, resolveHttp } from "./options.ts";
import { addRoutes } from "./routes.ts";

/**
 * Queues over HTTP, for any platform that takes a `fetch`. No I/O and no cryptography before the
 * first request: cheap enough to make in every invocation.
 *
 * | request | scope | answer |
 * |---|---|---|
 * | `POST /queues/:queue/messages` | send | 202 `{ ids }` |
 * | `POST` or `GET /queues/:queue/drain` | drain | 200, the report; 202 `{ queue }` without waiting |
 * | `GET /queues/:queue/health` | health | 200 `{ queue, depth }` |
 * | `GET /metrics` | health | 200, where `metrics` is given |
 * | `GET /health` | health | 200 `{ queues: [{ queue, depth }] }` |
 *
 * Errors are `{ error: { code, message } }`. A pass that could not run is a 503. One whose store
 * failed in the middle is a 200 with `stopped: "store"` and the error: it was made, its report says
 * what became of the messages, and to repeat the request would mend nothing. Dead letters are no error.
 * A drain may be asked with GET too, since that is what the cron jobs of some platforms send. One that
 * says `{ "wait": false }` is answered before its pass where the platform lets that go on: see `waitUntil`.
 *
 * Who may call: bearer `tokens`, and `callers` that sign their requests or that a platform sends. A
 * proof that is not valid is a 401 that says no more, even beside one that is.
 *
 * It needs the package `hono`, which is loaded meanwhile: `fetch` rejects with a PackageError without it.
 * In an app of your own, hand requests on by a route: `app.all("/queues/*", (c) => jobs.fetch(c.req.raw))`.
 *
 * @example
 * const app = httpApp({ queues: work(orders, ship), tokens: [{ token, scopes: ["send", "drain"] }] });
 * export default { fetch: app.fetch };
 * @throws OptionError for an option that cannot be used.
 */
export function httpApp(options: HttpOptions): FetchApp {
  const resolved = resolveHttp(options);
  return makeFetchApp("xdrain/http", async () => {
    // Its one small router is enough for a few routes; three of them weigh 2.5 KB more in a function.
    const { Hono } = await import("hono/tiny");
    return addRoutes(new Hono(), resolved);
  });
}
