import type { DrainOptions } from "../../src/index.ts";
import { upstash } from "../../src/redis/upstash.ts";
import { worker } from "../../src/runtimes/worker.ts";
import { type InboxEnv, inboxApp, inboxWork } from "../http/app.ts";
import { logReport } from "../http/log.ts";

/** The variables and secrets of wrangler.toml. */
export interface Env extends InboxEnv {
  readonly UPSTASH_REDIS_REST_URL: string;
  readonly UPSTASH_REDIS_REST_TOKEN: string;
  /** For each cron, the limits of its passes. */
  readonly PASSES: Readonly<Record<string, DrainOptions>>;
  /** Most requests to the store in one invocation. */
  readonly MAX_REQUESTS: number;
}

const storeOf = (env: Env) =>
  upstash({ url: env.UPSTASH_REDIS_REST_URL, token: env.UPSTASH_REDIS_REST_TOKEN });

/** Drains the inbox on its crons and answers requests: `POST /webhooks` and the queue's routes. */
export default worker<Env, ExecutionContext>({
  queues: (env, { cron }) => inboxWork(env, storeOf(env), env.PASSES[cron]),
  fetch: (request, env, context, limits) =>
    inboxApp(env, storeOf(env), limits).fetch(request, env, context),
  limits: (env) => ({ maxRequests: env.MAX_REQUESTS }),
  onReport: logReport,
}) satisfies ExportedHandler<Env>;
