import type { FetchApp } from "../../src/runtimes/http/index.ts";
import { logError } from "./log.ts";

/** `POST /webhooks` beside the routes of the app, which answers all else. */
export function withWebhooks(
  app: FetchApp,
  accept: (request: Request) => Promise<Response>,
): FetchApp {
  return {
    fetch: async (request, env, context) =>
      isWebhook(request) ? accept(request).catch(failed) : app.fetch(request, env, context),
  };
}

function isWebhook({ method, url }: Request): boolean {
  return method === "POST" && new URL(url).pathname === "/webhooks";
}

function failed(error: unknown): Response {
  logError(error);
  return Response.json({ error: "The delivery could not be taken." }, { status: 500 });
}
