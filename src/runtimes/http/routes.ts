import type { Context, Hono } from "hono";
import type { DrainReport, Queue, QueueReport } from "../../index.ts";
import type { Scope } from "../../signing/caller.ts";
import { drainWorks } from "../drain-works.ts";
import { narrow, withinInvocation } from "../limits.ts";
import type { Work } from "../work.ts";
import { challengeOf, createAuthorize } from "./authorize.ts";
import { bodyReader, type ReadBody, readJson } from "./body.ts";
import { readDrainBody } from "./drain-body.ts";
import { HttpError, replyTo } from "./errors.ts";
import { waitUntilOf } from "./going-on.ts";
import type { HttpOptions, ResolvedHttp } from "./options.ts";
import { sendBody } from "./send.ts";

/** Adds the routes of `httpApp` to an empty app. */
export function addRoutes(app: Hono, resolved: ResolvedHttp): Hono {
  const authorize = createAuthorize(resolved.callers);
  const challenge = challengeOf(resolved.callers);

  /** Lets in who may; the body is not read before a proof needs it. */
  async function admit(context: Context, scope: Scope): Promise<ReadBody> {
    const body = bodyReader(context.req.raw, resolved.maxBodyBytes);
    await authorize(context.req.raw, body, scope);
    return body;
  }

  /** Only for those who may know which queues there are. */
  function found(context: Context): { readonly work: Work; readonly queue: Queue<unknown> } {
    const name = context.req.param("queue");
    for (const work of resolved.queues) {
      const queue = work.queues.find((one) => one.name === name);
      if (queue !== undefined) return { work, queue };
    }
    throw new HttpError(404, "unknown_queue", "There is no such queue.");
  }

  app.onError((error, context) => {
    const { status, body } = replyTo(error);
    if (status >= 500) tell(resolved.onError, error);
    if (status === 401) context.header("www-authenticate", challenge);
    return context.json(body, status);
  });

  app.notFound(() => {
    throw new HttpError(404, "unknown_route", "There is no such route.");
  });

  app.use(async (context, next) => {
    await next();
    context.header("cache-control", "no-store");
  });

  app.post("/queues/:queue/messages", async (context) => {
    const readBody = await admit(context, "send");
    const { queue } = found(context);
    const body = await readJson(context.req.raw, readBody);
    return context.json({ ids: await sendBody(queue, body, resolved.maxMessages) }, 202);
  });

  app.on(["GET", "POST"], "/queues/:queue/drain", async (context) => {
    const readBody = await admit(context, "drain");
    const { work, queue } = found(context);
    const { wait, asked, ...kicked } = readDrainBody(await readJson(context.req.raw, readBody));
    const { limits, onReport, onError } = resolved;
    const waitUntil = waitUntilOf(context, resolved.waitUntil);
    const isDetached = !wait && waitUntil !== undefined;
    if (isDetached) narrow(work, withinInvocation(work, limits), asked); // refused while it can be told
    const passes = drainWorks([work], { limits, asked, ...kicked, onReport });
    // The pass goes on when the caller hangs up: it is bounded by itself.
    waitUntil?.(passes.catch((error) => isDetached && tell(onError, error)));
    if (isDetached) return context.json({ queue: queue.name }, 202);
    const [report] = await passes;
    return context.json(resolved.showErrors ? report : withoutTexts(report as DrainReport));
  });

  app.get("/queues/:queue/health", async (context) => {
    await admit(context, "health");
    return context.json(await healthOf(found(context).queue));
  });

  app.get("/health", async (context) => {
    await admit(context, "health");
    return context.json({
      queues: await Promise.all(resolved.queues.flatMap(({ queues }) => queues).map(healthOf)),
    });
  });

  const { metrics } = resolved;
  if (metrics !== undefined) {
    app.get("/metrics", async (context) => {
      await admit(context, "health");
      return metrics(context.req.raw);
    });
  }

  return app;
}

async function healthOf(queue: Queue<unknown>) {
  return { queue: queue.name, depth: await queue.depth() };
}

/** A handler's error may repeat a payload or a secret, and whoever drains need not see those. */
function withoutTexts(report: DrainReport) {
  const withoutText = <Part extends QueueReport>(part: Part) => ({
    ...part,
    errors: part.errors.map(({ id, outcome }) => ({ id, outcome })),
  });
  return { ...withoutText(report), queues: report.queues?.map(withoutText) };
}

function tell(onError: HttpOptions["onError"], error: unknown): void {
  try {
    onError?.(error);
  } catch {
    // Ignored, as the option says.
  }
}
