import { OptionError } from "../errors.ts";
import { pathOf } from "./caller.ts";
import { canonicalBytes, isLineSafe } from "./canonical.ts";
import { isNonce, SIGNATURE_HEADER, writeSignature } from "./header.ts";
import { toHex } from "./hex.ts";
import { hmac, keyBytes, type SigningKey } from "./keys.ts";
import { utf8 } from "./utf8.ts";

export interface RequestToSign {
  /** Where the request goes, as `fetch` gets it. Path and query are signed, the host is not. */
  readonly url: string | URL;
  /** @default "POST" */
  readonly method?: string;
  /** What is sent, byte for byte. @default no body */
  readonly body?: string | Uint8Array;
  /** Milliseconds since 1970. @default the time of this machine */
  readonly now?: number;
  /** 32 hexadecimal digits that nobody signed before. @default 16 random bytes */
  readonly nonce?: string;
}

/**
 * The header that proves a request to a `signed` caller of `xdrain/http`: an HMAC over method, path,
 * query, body, time and a nonce. It is good for one request; to try again, sign again.
 *
 * @example
 * const url = "https://app.example.com/queues/orders/drain";
 * await fetch(url, { method: "POST", headers: await signRequest(key, { url }) });
 * @throws OptionError for a key or a request that cannot be signed.
 */
export async function signRequest(
  key: SigningKey | undefined,
  request: RequestToSign,
): Promise<{ readonly [SIGNATURE_HEADER]: string }> {
  const secret = keyBytes(key);
  const { method = "POST", body = "", now = Date.now(), nonce = drawNonce() } = request;
  const path = pathIn(request.url);
  if (!isLineSafe(method, path)) {
    throw new OptionError('Expected `method` to be in capital letters, as in "POST".');
  }
  if (!isNonce(nonce)) {
    throw new OptionError("Expected `nonce` to be 32 hexadecimal digits in lower case.");
  }
  const timestamp = String(Math.floor(now / 1_000));
  if (!/^\d{1,12}$/.test(timestamp)) {
    throw new OptionError("Expected `now` to be a time in milliseconds since 1970.");
  }
  const data = await canonicalBytes({ method, path, timestamp, nonce, body: bytesOf(body) });
  const mac = toHex(await hmac(secret, data));
  return { [SIGNATURE_HEADER]: writeSignature({ timestamp, nonce, mac }) };
}

function pathIn(url: string | URL): string {
  if (URL.canParse(url)) {
    const { protocol, href } = new URL(url);
    if (protocol === "https:" || protocol === "http:") return pathOf(href);
  }
  // The address is not repeated: it may hold a password.
  throw new OptionError("Expected `url` to be a whole http or https address.");
}

function bytesOf(body: string | Uint8Array): Uint8Array<ArrayBuffer> {
  if (typeof body === "string") return utf8(body);
  if (body instanceof Uint8Array) return new Uint8Array(body);
  throw new OptionError("Expected `body` to be a string or a Uint8Array: exactly what is sent.");
}

function drawNonce(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(16)));
}
