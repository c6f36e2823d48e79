import type { Hono } from "hono";
import type { DrainOptions, Store } from "../../src/index.ts";
import { httpApp, type InvocationLimits, work } from "../../src/runtimes/http/index.ts";
import { acceptWebhook } from "../inbox/accept.ts";
import { inboxHandler } from "../inbox/handle.ts";
import { inboxOptions, inboxQueue } from "../inbox/queue.ts";
import { logError, logReport } from "./log.ts";

/** What the inbox reads from its environment, in every invocation. */
export interface InboxEnv {
  /** What GitHub signs the webhooks with. */
  readonly WEBHOOK_SECRET?: string | undefined;
  /** The bearer token of whoever asks for passes and health; 16 characters or more. */
  readonly DRAIN_TOKEN?: string | undefined;
  readonly INBOX_STREAM?: string | undefined;
  readonly INBOX_LEASE?: string | undefined;
  readonly INBOX_BACKOFF?: string | undefined;
  readonly INBOX_RESULTS?: string | undefined;
  readonly INBOX_FAULTS?: string | undefined;
}

/** The queue of the inbox and what is done with its messages. */
export function inboxWork(env: InboxEnv, store: Store, options: DrainOptions = {}) {
  return work(inboxQueue(store, inboxOptions(env)), inboxHandler(env.INBOX_FAULTS), options);
}

/** `POST /webhooks` accepts deliveries; the routes of the queue are those of `httpApp`. */
export function inboxApp(env: InboxEnv, store: Store, limits?: InvocationLimits): Hono {
  const app = httpApp({
    queues: inboxWork(env, store),
    tokens: [{ token: env.DRAIN_TOKEN ?? "", scopes: ["drain", "health"] }],
    limits,
    onReport: logReport,
    onError: logError,
  });
  const queue = inboxQueue(store, inboxOptions(env));
  app.post("/webhooks", (context) =>
    acceptWebhook(queue, env.WEBHOOK_SECRET ?? "")(context.req.raw),
  );
  return app;
}
