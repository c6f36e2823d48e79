import { type Duration, milliseconds } from "../duration.ts";
import { OptionError } from "../errors.ts";
import { onlyKnown } from "../expect.ts";
import { type Caller, checkScopes, type Proof, pathOf, type Scope } from "./caller.ts";
import { canonicalBytes, isLineSafe } from "./canonical.ts";
import { readSignature, SIGNATURE_HEADER, type SignatureFields } from "./header.ts";
import { fromHex } from "./hex.ts";
import { keyBytes, macVerifier, type SigningKey } from "./keys.ts";
import { type Nonces, takeNonce } from "./nonces.ts";
import { checkReplays } from "./replays.ts";

export interface SignedOptions {
  /** The key that is signed with, and the one before it while senders change over. An unset first one is refused. */
  readonly keys: readonly [current: SigningKey | undefined, previous?: SigningKey | undefined];
  /** What a request that is signed with these keys may do. */
  readonly scopes: readonly Scope[];
  /** Refuses a request that was made before. A must for `send`; without it a drain can be repeated. */
  readonly nonces?: Nonces;
  /** How far the sender's clock may be from ours, either way. @default "5 m" */
  readonly tolerance?: Duration;
  readonly clock?: { now(): number };
}

const KNOWN = ["keys", "scopes", "nonces", "tolerance", "clock"];

/**
 * Callers that sign their requests with `signRequest`. What is signed is the method, path and query
 * as they arrive here, the body, a time and a nonce; give each app keys of its own, since the host
 * is not part of it.
 *
 * A nonce is kept for three tolerances and a minute: a signature from the future is good for two, and
 * the clocks of two machines may be one apart.
 *
 * @throws OptionError for an option that cannot be used.
 */
export function signed(options: SignedOptions): Caller {
  onlyKnown("signed", options, KNOWN);
  const { nonces, clock = Date } = options;
  const verifyMac = macVerifier(checkKeys(options.keys));
  const scopes = checkScopes(options.scopes);
  checkReplays(scopes, nonces);
  const toleranceMs = milliseconds("tolerance", options.tolerance ?? "5 m", {
    min: 1_000,
    max: 3_600_000,
  });

  function isFresh({ timestamp }: SignatureFields): boolean {
    return Math.abs(clock.now() - Number(timestamp) * 1_000) <= toleranceMs;
  }

  return {
    header: SIGNATURE_HEADER,
    scheme: "Xdrain-Signature",
    async verify(proof) {
      const fields = readSignature(proof.value);
      // What needs no body comes first: nothing is read for a request that is refused anyway.
      if (fields === undefined || !isFresh(fields)) return undefined;
      const data = await signedBytes(proof, fields);
      if (data === undefined || !(await verifyMac(fromHex(fields.mac), data))) return undefined;
      // Last: only who has a key can fill the store of nonces. And again, a body may come slowly.
      if (!isFresh(fields)) return undefined;
      if (nonces === undefined) return scopes;
      const first = await takeNonce(nonces, `signed:${fields.nonce}`, 3 * toleranceMs);
      return first ? scopes : undefined;
    },
  };
}

async function signedBytes(
  proof: Proof,
  { timestamp, nonce }: SignatureFields,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { method } = proof;
  const path = pathOf(proof.url);
  if (!isLineSafe(method, path)) return undefined;
  return canonicalBytes({ method, path, timestamp, nonce, body: await proof.body() });
}

function checkKeys(keys: SignedOptions["keys"]): readonly Uint8Array<ArrayBuffer>[] {
  const given: readonly (SigningKey | undefined)[] = Array.isArray(keys) ? keys : [];
  const [current, previous] = given;
  if (current === undefined || given.length > 2) {
    throw new OptionError(
      "Expected `keys` to be the current key, or it and the previous one. Is the variable set?",
    );
  }
  return previous === undefined ? [keyBytes(current)] : [keyBytes(current), keyBytes(previous)];
}
