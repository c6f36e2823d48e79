import { toHex } from "./hex.ts";
import { utf8 } from "./utf8.ts";

/** What a signature is about; each part is checked by whoever fills it in. */
export interface SignedParts {
  /** Capital letters. */
  readonly method: string;
  /** Path and query, percent-encoded: visible ASCII. */
  readonly path: string;
  /** Seconds since 1970, in digits. */
  readonly timestamp: string;
  /** 32 hexadecimal digits. */
  readonly nonce: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

/**
 * The bytes that are signed: one part a line, the version first. No part can hold a line break, so
 * two requests that differ never give the same bytes. The body stands there as its SHA-256.
 */
export async function canonicalBytes(parts: SignedParts): Promise<Uint8Array<ArrayBuffer>> {
  const { method, path, timestamp, nonce, body } = parts;
  const digest = toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", body)));
  return utf8(["xdrain-v1", method, path, timestamp, nonce, digest].join("\n"));
}

/** Methods and paths that cannot be mistaken for more than one line. */
export function isLineSafe(method: string, path: string): boolean {
  return /^[A-Z]{1,20}$/.test(method) && /^\/[\x21-\x7e]*$/.test(path);
}
