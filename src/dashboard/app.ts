// The pages are hono/html templates and not JSX: they escape what is put into them as well, and files of
// TypeScript alone run as they are, without a build.

import { Hono } from "hono";
import { assets } from "./assets.generated.ts";
import { createDesk } from "./desk.ts";
import { SECURITY_HEADERS } from "./headers.ts";
import type { ResolvedDashboard } from "./options.ts";
import { PARTS_HEADER } from "./page.ts";
import { type Refusal, refusalOf } from "./refusal.ts";
import { addChanges } from "./routes/changes.ts";
import { addPages } from "./routes/pages.ts";
import { addSignIn } from "./routes/sign-in.ts";
import { problemPage } from "./views/sign-in.ts";

/** All of the dashboard, in Hono. */
export function pagesOf(resolved: ResolvedDashboard): Hono {
  const { base } = resolved;
  const desk = createDesk(resolved);
  const app = new Hono();

  app.use(`${base}/*`, async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) context.header(name, value);
    if (!context.res.headers.has("cache-control")) context.header("cache-control", "no-store");
  });

  app.onError(async (error, context) => {
    const refusal = refusalOf(error);
    if (refusal.status >= 500) tell(resolved.onError, error);
    if (context.req.header(PARTS_HEADER) !== undefined) {
      return context.text(refusal.message, refusal.status);
    }
    const visit = await desk.visitOf(context);
    return context.html(problemPage(visit, titleOf(refusal), refusal.message), refusal.status);
  });

  for (const { file, type, text } of Object.values(assets)) {
    app.get(`${base}/assets/${file}`, (context) => {
      context.header("content-type", type);
      context.header("cache-control", "public, max-age=31536000, immutable");
      return context.body(text);
    });
  }

  addSignIn(app, desk);
  addPages(app, desk);
  addChanges(app, desk);

  app.all(`${base}/*`, async (context) => {
    const visit = await desk.visitOf(context);
    return context.html(problemPage(visit, "Not found", "There is no such page."), 404);
  });

  return app;
}

function titleOf({ status }: Refusal): string {
  if (status === 404) return "Not found";
  if (status === 503) return "The store did not do it";
  return status >= 500 ? "Something failed" : "Not done";
}

function tell(onError: (error: unknown) => unknown, error: unknown): void {
  try {
    onError(error);
  } catch {
    // Ignored, as the option says.
  }
}
