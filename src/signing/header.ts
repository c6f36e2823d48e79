/** The one header of a signed request: nothing of it can be left away without the rest. */
export const SIGNATURE_HEADER = "xdrain-signature";

export interface SignatureFields {
  /** Seconds since 1970, in digits. */
  readonly timestamp: string;
  /** 32 hexadecimal digits. */
  readonly nonce: string;
  /** 64 hexadecimal digits: HMAC-SHA-256. */
  readonly mac: string;
}

export function writeSignature({ timestamp, nonce, mac }: SignatureFields): string {
  return `v1 t=${timestamp} n=${nonce} s=${mac}`;
}

/** Reads what `writeSignature` writes, to the letter; anything else is undefined. */
export function readSignature(value: string): SignatureFields | undefined {
  const match = /^v1 t=(\d{1,12}) n=([0-9a-f]{32}) s=([0-9a-f]{64})$/.exec(value);
  if (match === null) return undefined;
  const [, timestamp = "", nonce = "", mac = ""] = match;
  return { timestamp, nonce, mac };
}

export function isNonce(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{32}$/.test(value);
}
