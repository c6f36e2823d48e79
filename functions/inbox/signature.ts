const PREFIX = "sha256=";
const HMAC = { name: "HMAC", hash: "SHA-256" } as const;

/** The value of `X-Hub-Signature-256` for a body, as GitHub computes it. */
export async function signature(secret: string, body: Uint8Array<ArrayBuffer>): Promise<string> {
  const key = await importKey(secret, "sign");
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, body));
  return PREFIX + Array.from(mac, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Whether the header signs this very body with the secret; compares in constant time. */
export async function signedBy(
  secret: string,
  body: Uint8Array<ArrayBuffer>,
  header: string | null,
): Promise<boolean> {
  const hex = header?.match(/^sha256=([0-9a-f]{64})$/)?.[1];
  if (hex === undefined) return false;
  const mac = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  return crypto.subtle.verify("HMAC", await importKey(secret, "verify"), mac, body);
}

function importKey(secret: string, use: "sign" | "verify"): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", new TextEncoder().encode(secret), HMAC, false, [use]);
}
