import { randomBytes } from "node:crypto";
import { UsageError } from "./errors.ts";
import type { Terminal } from "./terminal.ts";

/** A bearer token, and whether it was drawn now, so that it has to be told. */
export interface AccessToken {
  readonly token: string;
  readonly drawn: boolean;
}

const LEAST = 16;

/** The token of XDRAIN_TOKEN, else a drawn one. @throws UsageError for one that is too short. */
export function accessToken(env: Terminal["env"]): AccessToken {
  const token = env.XDRAIN_TOKEN;
  if (!token) return { token: randomBytes(24).toString("base64url"), drawn: true };
  if (/^[\x21-\x7e]+$/.test(token) && token.length >= LEAST) return { token, drawn: false };
  throw new UsageError(
    `Expected XDRAIN_TOKEN to have at least ${LEAST} characters of printable ASCII without spaces.`,
  );
}
