import { createHash } from "node:crypto";
import { type CryptoKey, type JWTHeaderParameters, type JWTPayload, SignJWT } from "jose";
import { type QstashOptions, qstash } from "../../src/qstash/index.ts";
import { NOW, TestClock } from "../signing/support.ts";
import { QSTASH_KEYS } from "./keys.ts";

/** QStash as a caller who may drain, at the time of the tests. */
export function qstashDrainer(options: Partial<QstashOptions> = {}) {
  return qstash({
    currentSigningKey: QSTASH_KEYS.current,
    nextSigningKey: QSTASH_KEYS.next,
    scopes: ["drain"],
    clock: new TestClock(),
    ...options,
  });
}

export interface Forge {
  readonly key?: string | CryptoKey;
  readonly body?: string;
  /** Claims that are other than QStash's; undefined leaves one out. */
  readonly claims?: Record<string, unknown>;
  readonly header?: JWTHeaderParameters;
}

let drawn = 0;

/** The token that QStash sends to a destination, or one that is not quite it. */
export function tokenFor(url: string, forge: Forge = {}): Promise<string> {
  const { key = QSTASH_KEYS.current, body = "", claims = {}, header = { alg: "HS256" } } = forge;
  const seconds = NOW / 1_000;
  drawn += 1;
  const payload = {
    iss: "Upstash",
    sub: url,
    exp: seconds + 300,
    nbf: seconds,
    iat: seconds,
    jti: `jwt_${drawn}`,
    // Padded, as QStash writes it.
    body: `${createHash("sha256").update(body).digest("base64url")}=`,
    ...claims,
  };
  const token = new SignJWT(JSON.parse(JSON.stringify(payload)) as JWTPayload);
  const secret = typeof key === "string" ? new TextEncoder().encode(key) : key;
  return token.setProtectedHeader({ typ: "JWT", ...header }).sign(secret);
}

/** A token with no signature at all, or one that somebody put there. */
export function unsigned(token: string, header: object, signature = ""): string {
  const encoded = Buffer.from(JSON.stringify(header)).toString("base64url");
  return [encoded, token.split(".")[1], signature].join(".");
}
