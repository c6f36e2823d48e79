import { OptionError } from "../errors.ts";
import { utf8 } from "./utf8.ts";

/** A shared secret: 32 bytes or more, as bytes or as a text, which stands for its UTF-8. */
export type SigningKey = string | Uint8Array;

const LEAST = 32;
const HMAC = { name: "HMAC", hash: "SHA-256" };

/** The bytes of a key, copied. @throws OptionError that never repeats the key. */
export function keyBytes(key: SigningKey | undefined): Uint8Array<ArrayBuffer> {
  const given = typeof key === "string" ? utf8(key) : key;
  if (given instanceof Uint8Array && given.length >= LEAST) return new Uint8Array(given);
  throw new OptionError(
    `Expected a key of at least ${LEAST} bytes, as a string or a Uint8Array. Is the variable set?`,
  );
}

export async function hmac(
  key: Uint8Array<ArrayBuffer>,
  data: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  const imported = await crypto.subtle.importKey("raw", key, HMAC, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, data));
}

/** Whether one of the keys made this MAC; all of them are tried, each in constant time. */
export type VerifyMac = (
  mac: Uint8Array<ArrayBuffer>,
  data: Uint8Array<ArrayBuffer>,
) => Promise<boolean>;

/** Keys are imported at the first use: a runtime may allow no cryptography before a request. */
export function macVerifier(keys: readonly Uint8Array<ArrayBuffer>[]): VerifyMac {
  let imported: readonly CryptoKey[] | undefined;
  return async (mac, data) => {
    // The keys are kept and not their promise: a Worker must not wait for one of another request.
    imported ??= await Promise.all(
      keys.map((key) => crypto.subtle.importKey("raw", key, HMAC, false, ["verify"])),
    );
    const matches = await Promise.all(
      imported.map((key) => crypto.subtle.verify("HMAC", key, mac, data)),
    );
    return matches.includes(true);
  };
}
