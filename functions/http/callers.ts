import type { AccessToken, Caller } from "../../src/runtimes/http/index.ts";
import { signed } from "../../src/runtimes/http/index.ts";

/** The secrets of those who may ask for passes and health. What is not set is not accepted. */
export interface CallerEnv {
  /** A bearer token of 16 characters or more. */
  readonly XDRAIN_TOKEN?: string | undefined;
  /** What requests are signed with, 32 bytes or more; kicks are, too. */
  readonly SIGNING_KEY?: string | undefined;
  /** The signing key before this one, until everybody signs with the new one. */
  readonly PREVIOUS_SIGNING_KEY?: string | undefined;
}

/** Who may call. Sending is not among it: what comes in are webhooks, with a signature of their own. */
export function callersFrom(env: CallerEnv, ofPlatform: readonly Caller[] = []) {
  const { XDRAIN_TOKEN: token, SIGNING_KEY: key, PREVIOUS_SIGNING_KEY: previous } = env;
  const scopes: AccessToken["scopes"] = ["drain", "health"];
  const isSigned = Boolean(key || previous);
  return {
    tokens: token ? [{ token, scopes }] : undefined,
    callers: [
      ...(isSigned ? [signed({ keys: [key ?? "", previous || undefined], scopes })] : []),
      ...ofPlatform,
    ],
  };
}

/** How this deployment asks itself for a pass; undefined where it could not prove who asks. */
export function proofFrom(env: CallerEnv): { key: string } | { token: string } | undefined {
  if (env.SIGNING_KEY) return { key: env.SIGNING_KEY };
  return env.XDRAIN_TOKEN ? { token: env.XDRAIN_TOKEN } : undefined;
}
