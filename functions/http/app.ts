import type { DrainOptions, Kick, Store } from "../../src/index.ts";
import { metricsResponse } from "../../src/metrics/index.ts";
import { type FetchApp, type HttpOptions, httpApp, work } from "../../src/runtimes/http/index.ts";
import { acceptWebhook } from "../inbox/accept.ts";
import { inboxHandler } from "../inbox/handle.ts";
import { inboxOptions, openInbox } from "../inbox/queue.ts";
import { type CallerEnv, callersFrom } from "./callers.ts";
import { logError, logReport } from "./log.ts";
import { withWebhooks } from "./webhooks.ts";

/** What the inbox reads from its environment, in every invocation. */
export interface InboxEnv extends CallerEnv {
  /** What GitHub signs the webhooks with. */
  readonly WEBHOOK_SECRET?: string | undefined;
  readonly INBOX_STREAM?: string | undefined;
  readonly INBOX_LEASE?: string | undefined;
  readonly INBOX_BACKOFF?: string | undefined;
  readonly INBOX_RESULTS?: string | undefined;
  readonly INBOX_FAULTS?: string | undefined;
}

/** What a platform adds. */
export interface Setup {
  /** How a pass is asked for at once; without it, what comes waits for the next tick. */
  readonly kick?: Kick | undefined;
  /** The bounds of a pass. */
  readonly passes?: DrainOptions | undefined;
}

/** Passes in a row without a tick: Lambda and Cloudflare stop longer chains by themselves. */
const MAX_DEPTH = 10;

/** The queues of the inbox, the urgent one first, and what is done with their messages. */
export function inboxWork(env: InboxEnv, store: Store, setup: Setup = {}) {
  const options = { ...setup.passes, ...(setup.kick && { continuation: { maxDepth: MAX_DEPTH } }) };
  const { urgent, ordinary } = inboxOf(env, store, setup);
  return work([urgent, ordinary], inboxHandler(env.INBOX_FAULTS), options);
}

/** `POST /webhooks` accepts deliveries; the routes of the queues are those of `httpApp`. */
export function inboxApp(
  env: InboxEnv,
  store: Store,
  setup: Setup & Pick<HttpOptions, "callers" | "limits" | "waitUntil" | "onReport"> = {},
): FetchApp {
  const { limits, waitUntil, callers, onReport = logReport } = setup;
  const inbox = inboxOf(env, store, setup);
  const app = httpApp({
    queues: inboxWork(env, store, setup),
    ...callersFrom(env, callers),
    metrics: metricsResponse(Object.values(inbox)),
    ...{ limits, waitUntil, onReport, onError: logError },
  });
  return withWebhooks(app, acceptWebhook(inbox, env.WEBHOOK_SECRET ?? ""));
}

/** A kick that fails is told in the log: the message is stored, and waits for the next tick. */
function inboxOf(env: InboxEnv, store: Store, { kick }: Setup) {
  const wake = kick && { wake: { kick, onError: logError } };
  return openInbox(store, { ...inboxOptions(env), ...wake });
}
