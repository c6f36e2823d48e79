import { timingSafeEqual } from "node:crypto";

export type TokenAccess = "read-write" | "read-only";

/** A bearer token and what it may do. */
export interface GatewayToken {
  readonly token: string;
  readonly access: TokenAccess;
}

/** Says what a presented token may do; undefined if it is none of ours. */
export type Authenticate = (presented: string | undefined) => TokenAccess | undefined;

/**
 * Compares a presented token with every known one, in time that tells nothing of their bytes (of
 * their length it does).
 */
export function createAuthenticator(tokens: readonly GatewayToken[]): Authenticate {
  const known = tokens.map(({ token, access }) => ({ bytes: Buffer.from(token), access }));
  return (presented) => {
    if (presented === undefined) return undefined;
    const bytes = Buffer.from(presented);
    let found: TokenAccess | undefined;
    for (const candidate of known) {
      if (candidate.bytes.length !== bytes.length) continue;
      if (timingSafeEqual(candidate.bytes, bytes)) found ??= candidate.access;
    }
    return found;
  };
}

/** The token of a request: `Authorization: Bearer <token>`, else `?_token=`. */
export function presentedToken(request: Request): string | undefined {
  const header = request.headers.get("authorization");
  if (header !== null)
    return header.slice(0, 7).toLowerCase() === "bearer " ? header.slice(7).trim() : undefined;
  const query = request.url.indexOf("?");
  if (query === -1) return undefined;
  return new URLSearchParams(request.url.slice(query + 1)).get("_token") ?? undefined;
}
