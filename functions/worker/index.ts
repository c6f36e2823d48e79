import type { DrainOptions } from "../../src/index.ts";
import { bindingKick, type ServiceBinding } from "../../src/kick/index.ts";
import { upstash } from "../../src/redis/upstash.ts";
import { worker } from "../../src/runtimes/worker.ts";
import { type InboxEnv, inboxApp, inboxWork } from "../http/app.ts";
import { proofFrom } from "../http/callers.ts";
import { logReport } from "../http/log.ts";

/** The variables, secrets and bindings of wrangler.toml. */
export interface Env extends InboxEnv {
  readonly UPSTASH_REDIS_REST_URL: string;
  readonly UPSTASH_REDIS_REST_TOKEN: string;
  /** The limits of a pass: for each cron, and under `request` for those that are asked for. */
  readonly PASSES: Readonly<Record<string, DrainOptions>>;
  /** Most requests to the store in one invocation. */
  readonly MAX_REQUESTS: number;
  /** The Worker that drains, this one itself; without it nothing is kicked. */
  readonly DRAIN?: ServiceBinding | undefined;
}

const storeOf = (env: Env) =>
  upstash({ url: env.UPSTASH_REDIS_REST_URL, token: env.UPSTASH_REDIS_REST_TOKEN });

function setupOf(env: Env, trigger: string) {
  const proof = proofFrom(env);
  const kick = env.DRAIN && proof && bindingKick(env.DRAIN, proof);
  return { kick, passes: env.PASSES[trigger] };
}

/** Drains the inbox on its crons and answers requests: `POST /webhooks` and the queue's routes. */
export default worker<Env, ExecutionContext>({
  queues: (env, { cron }) => inboxWork(env, storeOf(env), setupOf(env, cron)),
  fetch: (request, env, context, limits) => {
    const setup = { ...setupOf(env, "request"), limits };
    return inboxApp(env, storeOf(env), setup).fetch(request, env, context);
  },
  limits: (env) => ({ maxRequests: env.MAX_REQUESTS }),
  onReport: logReport,
}) satisfies ExportedHandler<Env>;
