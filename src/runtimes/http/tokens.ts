import { OptionError } from "../../errors.ts";
import { type Caller, checkScopes, type Scope } from "../../signing/caller.ts";

/** A bearer token and what it may do. */
export interface AccessToken {
  /** At least 16 printable ASCII characters. An unset variable is refused. */
  readonly token: string | undefined;
  readonly scopes: readonly Scope[];
}

const encoder = new TextEncoder();

/**
 * Callers with a bearer token. SHA-256 digests are compared, all bytes of all tokens each time: how
 * long it takes does not tell how much of a token was right, nor whether its length was.
 *
 * @throws OptionError for tokens that anybody could guess, and for scopes that are none.
 */
export function bearer(tokens: readonly AccessToken[]): Caller {
  const checked = checkTokens(tokens);
  // Digested at the first request: a runtime may allow no cryptography before it.
  let known:
    | readonly { readonly hash: Uint8Array; readonly scopes: readonly Scope[] }[]
    | undefined;

  return {
    header: "authorization",
    scheme: "Bearer",
    async verify({ value }) {
      known ??= await Promise.all(
        checked.map(async ({ token, scopes }) => ({ hash: await digest(token), scopes })),
      );
      const presented = await digest(tokenOf(value));
      const granted: Scope[] = [];
      let recognised = false;
      for (const { hash, scopes } of known) {
        const same = sameBytes(hash, presented);
        recognised = same || recognised;
        if (same) granted.push(...scopes);
      }
      return recognised ? granted : undefined;
    },
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

/** The token in a header; empty, which no token is, where there is none. */
function tokenOf(header: string): string {
  return /^bearer +(\S+) *$/i.exec(header)?.[1] ?? "";
}

/** Fails closed: an unset variable must not become a token that anybody can guess. */
function checkTokens(tokens: readonly AccessToken[]) {
  if (tokens.length === 0) throw new OptionError("Expected at least one token, got none.");
  return tokens.map(({ token, scopes }) => {
    if (typeof token !== "string" || !/^[\x21-\x7e]{16,}$/.test(token)) {
      const expected = "at least 16 printable ASCII characters without spaces";
      throw new OptionError(`Expected each \`token\` to be ${expected}. Is the variable set?`);
    }
    return { token, scopes: checkScopes(scopes) };
  });
}
