import { randomBytes } from "node:crypto";
import type { Cleanup } from "./cleanup.ts";
import type { Plan } from "./deliveries.ts";
import { type HttpRuntime, startHttp } from "./http-runtime.ts";
import { startLambda } from "./lambda-runtime.ts";
import type { DemoRedis } from "./redis.ts";
import type { FunctionEnv, Runtime } from "./runtime.ts";
import { prepareTools } from "./tools.ts";
import { startWorker } from "./worker-runtime.ts";

/** How long the keys of the demo may take to be found and removed in a large Redis. */
const REMOVAL_LIMIT_MS = 60_000;

/** The functions, running. */
export interface Functions {
  readonly runtimes: readonly Runtime[];
  /** The one of them that receives the webhooks, and that can be asked for a pass at once. */
  readonly http: HttpRuntime;
}

/** What all functions are told: this Redis, and a stream that no other run has. */
export function functionEnv(redis: DemoRedis, plan: Plan): FunctionEnv {
  return {
    UPSTASH_REDIS_REST_URL: redis.url,
    UPSTASH_REDIS_REST_TOKEN: redis.token,
    INBOX_STREAM: `xdrain-demo-${randomBytes(6).toString("hex")}`,
    // A key that is being worked on twice is put off for a lease: a short one, so that it ends soon.
    INBOX_LEASE: redis.slow ? "5 s" : "3 s",
    INBOX_BACKOFF: "200 ms",
    INBOX_FAULTS: plan.faultsText,
    INBOX_RESULTS: "keep",
  };
}

/** Starts the three kinds of functions, all at once. */
export async function startFunctions(
  redis: DemoRedis,
  env: FunctionEnv,
  secret: string,
  cleanup: Cleanup,
  onReady: (runtime: Runtime) => void,
): Promise<Functions> {
  if (!redis.own) cleanup.add(() => removeKeys(redis, env.INBOX_STREAM), REMOVAL_LIMIT_MS);
  const tools = prepareTools(cleanup);
  const told = async <One extends Runtime>(starting: Promise<One>): Promise<One> => {
    const runtime = await starting;
    onReady(runtime);
    return runtime;
  };
  const [worker, lambda, http] = await Promise.all([
    told(startWorker(env, tools, cleanup)),
    told(startLambda(env, tools, cleanup)),
    told(startHttp(env, secret, tools, cleanup)),
  ]);
  return { runtimes: [worker, lambda, http], http };
}

/** Runs when the functions have ended: nothing comes after it. */
async function removeKeys(redis: DemoRedis, stream: string): Promise<void> {
  try {
    await redis.rest.removeKeysWith(stream);
  } catch (cause) {
    throw new Error(`Could not remove the keys with "${stream}" in their names.`, { cause });
  }
}
