import { OptionError } from "../errors.ts";
import { keyBytes, type SigningKey } from "../signing/keys.ts";
import { signRequest } from "../signing/sign-request.ts";

/** How a kick proves who makes it: by a signature or by a token, never by both. */
export interface ProofOptions {
  /** What each request is signed with, for a `signed` caller of `xdrain/http`: 32 bytes or more. */
  readonly key?: SigningKey | undefined;
  /** The bearer token, for one of the `tokens` of `xdrain/http`: at least 16 characters. */
  readonly token?: string | undefined;
}

/** The headers that prove one request; another request, be it the same again, needs others. */
export type Prove = (url: string, body: string) => Promise<Readonly<Record<string, string>>>;

/** @throws OptionError for none or both, and for a secret that cannot be used; it is never repeated. */
export function proofOf({ key, token }: ProofOptions, clock: { now(): number }): Prove {
  if ((key === undefined) === (token === undefined)) {
    throw new OptionError("Expected either `key` or `token`. Is the variable set?");
  }
  if (key !== undefined) {
    const secret = keyBytes(key);
    return async (url, body) => ({
      ...(await signRequest(secret, { url, body, now: clock.now() })),
    });
  }
  if (typeof token !== "string" || !/^[\x21-\x7e]{16,}$/.test(token)) {
    const expected = "at least 16 printable ASCII characters without spaces";
    throw new OptionError(`Expected \`token\` to be ${expected}. Is the variable set?`);
  }
  return async () => ({ authorization: `Bearer ${token}` });
}
