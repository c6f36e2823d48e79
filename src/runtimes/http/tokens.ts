import { OptionError } from "../../index.ts";
import { HttpError } from "./errors.ts";

/** What a token may do: send messages, make passes, or see how much is where. */
export type Scope = "send" | "drain" | "health";

/** A bearer token and what it may do. */
export interface AccessToken {
  /** At least 16 printable ASCII characters. */
  readonly token: string;
  readonly scopes: readonly Scope[];
}

/** Lets a request pass that has a token with this scope. @throws HttpError 401 or 403 */
export type Authorize = (request: Request, scope: Scope) => Promise<void>;

const SCOPES: readonly Scope[] = ["send", "drain", "health"];
const encoder = new TextEncoder();

/**
 * Compares SHA-256 digests, all bytes of all tokens each time: how long it takes does not tell how
 * much of a token was right, nor whether its length was.
 */
export function createAuthorize(tokens: readonly AccessToken[]): Authorize {
  checkTokens(tokens);
  // Digested at the first request: a runtime may allow no cryptography before it.
  let known: Promise<readonly { readonly hash: Uint8Array; readonly scopes: readonly Scope[] }[]>;

  return async (request, scope) => {
    known ??= Promise.all(
      tokens.map(async ({ token, scopes }) => ({ hash: await digest(token), scopes })),
    );
    const presented = await digest(bearer(request));
    let allowed = false;
    let recognised = false;
    for (const { hash, scopes } of await known) {
      const same = sameBytes(hash, presented);
      recognised = same || recognised;
      allowed = (same && scopes.includes(scope)) || allowed;
    }
    if (!recognised) {
      throw new HttpError(401, "unauthorized", "Expected a valid token: Authorization: Bearer …");
    }
    if (!allowed) {
      throw new HttpError(403, "forbidden", `Expected a token with the scope "${scope}".`);
    }
  };
}

/** Whether two digests are equal, found out in the same time wherever they differ. */
export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  let difference = one.length ^ other.length;
  for (let i = 0; i < one.length; i += 1) difference |= (one[i] ?? 0) ^ (other[i] ?? 0);
  return difference === 0;
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
}

/** The token of a request; empty, which no token is, where there is none. */
function bearer(request: Request): string {
  const header = request.headers.get("authorization") ?? "";
  return /^bearer +(\S+) *$/i.exec(header)?.[1] ?? "";
}

/** Fails closed: an unset variable must not become a token that anybody can guess. */
function checkTokens(tokens: readonly AccessToken[]): void {
  if (tokens.length === 0) throw new OptionError("Expected at least one token, got none.");
  for (const { token, scopes } of tokens) {
    if (typeof token !== "string" || !/^[\x21-\x7e]{16,}$/.test(token)) {
      const expected = "at least 16 printable ASCII characters without spaces";
      throw new OptionError(`Expected each \`token\` to be ${expected}. Is the variable set?`);
    }
    if (scopes.length === 0 || scopes.some((scope) => !SCOPES.includes(scope))) {
      throw new OptionError(`Expected \`scopes\` to be some of ${SCOPES.join(", ")}.`);
    }
  }
}
