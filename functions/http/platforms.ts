import type { Kick } from "../../src/index.ts";
import { httpKick } from "../../src/kick/index.ts";
import { qstash } from "../../src/qstash/index.ts";
import { type Caller, vercelCron } from "../../src/runtimes/http/index.ts";
import { type CallerEnv, proofFrom } from "./callers.ts";

/** What schedulers prove themselves with. What is not set is not accepted. */
export interface PlatformEnv {
  /** Both signing keys of the Upstash console. */
  readonly QSTASH_CURRENT_SIGNING_KEY?: string | undefined;
  readonly QSTASH_NEXT_SIGNING_KEY?: string | undefined;
  /** What Vercel sends with its cron jobs. */
  readonly CRON_SECRET?: string | undefined;
  /** Where the world finds this app, as in `https://app.example.com`. */
  readonly APP_URL?: string | undefined;
}

/** Schedulers of other services, which may ask for passes and nothing else. */
export function platformsFrom(env: PlatformEnv): readonly Caller[] {
  const currentSigningKey = env.QSTASH_CURRENT_SIGNING_KEY ?? "";
  const nextSigningKey = env.QSTASH_NEXT_SIGNING_KEY ?? "";
  const baseUrl = env.APP_URL ? { baseUrl: env.APP_URL } : {};
  const callers: Caller[] = [];
  if (currentSigningKey || nextSigningKey) {
    callers.push(qstash({ currentSigningKey, nextSigningKey, scopes: ["drain"], ...baseUrl }));
  }
  if (env.CRON_SECRET) callers.push(vercelCron({ secret: env.CRON_SECRET }));
  return callers;
}

/** Asks this app for a pass at its own address; undefined where that is not set. */
export function kickFrom(env: PlatformEnv & CallerEnv): Kick | undefined {
  return env.APP_URL ? httpKick({ url: env.APP_URL, ...proofFrom(env) }) : undefined;
}
