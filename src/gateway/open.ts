import { type Context, Hono } from "hono";
import { warnOfOldHono } from "../node/installed.ts";
import { errorAnswer, jsonAnswer } from "./answer.ts";
import type { Backend } from "./backend.ts";
import { withDeadline } from "./deadline.ts";
import { pathCommand, postCommand, postPipeline, postTransaction } from "./endpoints.ts";
import { GatewayError } from "./errors.ts";
import { createEventStreams } from "./events.ts";
import { type Exchange, type GatewayContext, serveExchange } from "./exchange.ts";
import { createGate } from "./gate.ts";
import type { Gateway } from "./gateway.ts";
import type { ResolvedOptions } from "./options.ts";
import { createAuthenticator } from "./tokens.ts";
import { likeUpstash } from "./upstash-like/backend.ts";

/** The gateway itself, in front of a backend, with the paths of the protocol in Hono. */
export function openGateway(resolved: ResolvedOptions, backend: Backend): Gateway {
  warnOfOldHono();
  let issued = 0;
  const context: GatewayContext = {
    options: resolved,
    backend,
    backendFor: chooseBackend(backend, resolved),
    authenticate: createAuthenticator(resolved.tokens),
    gate: createGate(resolved),
    // Redis answers reads from the primary, so every client reads what it wrote, whatever it sends.
    syncToken: () => (++issued).toString(36),
  };
  const events = createEventStreams(context);
  const app = new Hono();
  const serve = (run: (exchange: Exchange) => Promise<Response>) => (c: Context) =>
    serveExchange(context, c.req.raw, run);

  app.get("/healthz", () => health(context));
  for (const method of ["POST", "PUT"]) {
    app.on(method, "/", serve(postCommand));
    app.on(method, "/pipeline", serve(postPipeline));
    app.on(method, "/multi-exec", serve(postTransaction));
  }
  for (const method of ["GET", "POST"]) {
    app.on(method, "/subscribe/*", (c) => events.open(c.req.raw, "subscribe"));
    app.on(method, "/psubscribe/*", (c) => events.open(c.req.raw, "psubscribe"));
    app.on(method, "/monitor", (c) => events.open(c.req.raw, "monitor"));
  }
  const refuse = (error: GatewayError) => () => errorAnswer(error, context.syncToken());
  app.all("/pipeline", refuse(wrongMethod()));
  app.all("/multi-exec", refuse(wrongMethod()));
  for (const path of ["/pipeline/*", "/multi-exec/*", "/healthz/*"]) {
    app.all(path, refuse(missing()));
  }
  for (const method of ["GET", "POST", "PUT"]) app.on(method, "*", serve(pathCommand));
  app.all("*", refuse(wrongMethod()));
  app.onError((error) => errorAnswer(error, context.syncToken()));

  return {
    fetch: (request) => app.fetch(request),
    async close() {
      events.close();
      const late = () => new Error("still at work");
      await withDeadline(resolved.stopTimeoutMs, context.gate.close(), late).catch(() => {});
      context.backend.close();
    },
  };
}

/** A client that shows its sync token reads what it wrote; without one, a replica may answer. */
function chooseBackend(
  backend: Backend,
  { likeUpstash: settings }: ResolvedOptions,
): GatewayContext["backendFor"] {
  if (settings === undefined) return () => backend;
  const { current, lagging } = likeUpstash(backend, settings);
  return (request) => (request.headers.get("upstash-sync-token") ? current : lagging);
}

async function health({ backend, options, syncToken }: GatewayContext): Promise<Response> {
  try {
    await withDeadline(options.connectTimeoutMs, backend.ping(), () => new Error("no answer"));
    return jsonAnswer(200, '{"status":"ok"}', syncToken());
  } catch {
    // Anybody may ask, so it does not say why.
    return jsonAnswer(503, '{"status":"unavailable"}', syncToken());
  }
}

function wrongMethod(): GatewayError {
  return new GatewayError("method_not_allowed", "ERR method not allowed");
}

function missing(): GatewayError {
  return new GatewayError("not_found", "ERR not found");
}
