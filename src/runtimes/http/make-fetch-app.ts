import type { Hono } from "hono";
import { HONO, loadAhead } from "../../needed.ts";
import { warnOfOldHono } from "../../node/installed.ts";
import type { FetchApp } from "./fetch-app.ts";

type HonoContext = Parameters<Hono["fetch"]>[2];

/** An app of Hono that is loaded and made from now on, whether or not a request comes. */
export function makeFetchApp(by: string, make: () => Promise<Hono>): FetchApp {
  const whenLoaded = loadAhead(by, HONO, async () => {
    const app = await make();
    warnOfOldHono();
    return app;
  });
  return {
    fetch: async (request, env, executionContext) =>
      whenLoaded((app) => app.fetch(request, env as object, executionContext as HonoContext)),
  };
}
