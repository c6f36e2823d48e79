import type { HttpOptions } from "../../src/runtimes/http/index.ts";
import { inboxApp, type Setup } from "./app.ts";
import { dashboardFrom, isDashboard } from "./dashboard.ts";
import { kickFrom, platformsFrom } from "./platforms.ts";
import { storeFrom } from "./store.ts";

/** Answers one request, by the environment as it is now. */
export function answer(
  request: Request,
  setup: Pick<Setup, "passes"> & Pick<HttpOptions, "waitUntil"> = {},
): Response | Promise<Response> {
  const { env } = process;
  const store = storeFrom(env);
  const pages = isDashboard(request) ? dashboardFrom(env, store) : undefined;
  if (pages !== undefined) return pages.fetch(request);
  const own = { callers: platformsFrom(env), kick: kickFrom(env) };
  return inboxApp(env, store, { ...own, ...setup }).fetch(request);
}

/** For every platform that takes a `fetch`, such as Vercel, Deno Deploy and Bun. */
export default { fetch: (request: Request) => answer(request) };
