import { type Duration, milliseconds } from "../duration.ts";
import { OptionError } from "../errors.ts";
import { onlyKnown } from "../expect.ts";
import { checkPackage, JOSE, needed } from "../needed.ts";
import { type Caller, checkScopes, type Scope } from "../signing/caller.ts";
import { type Nonces, takeNonce } from "../signing/nonces.ts";
import { checkReplays } from "../signing/replays.ts";
import { utf8 } from "../signing/utf8.ts";
import { hasBody } from "./body-claim.ts";
import { checkBaseUrl, isFor } from "./destination.ts";

export interface QstashOptions {
  /** `QSTASH_CURRENT_SIGNING_KEY` of the Upstash console. An unset variable is refused. */
  readonly currentSigningKey: string | undefined;
  /** `QSTASH_NEXT_SIGNING_KEY`: what QStash signs with after the keys are rolled. */
  readonly nextSigningKey: string | undefined;
  /** What a request of QStash may do. */
  readonly scopes: readonly Scope[];
  /**
   * Where the world finds this app, as in `https://app.example.com`: QStash's request must have been
   * meant for this address and the path after it. Without it the path alone must be the right one.
   */
  readonly baseUrl?: string;
  /** Refuses a request that was made before. A must for `send`; without it a drain can be repeated. */
  readonly nonces?: Nonces;
  /** How far QStash's clock may be from ours. @default "30 s" */
  readonly tolerance?: Duration;
  readonly clock?: { now(): number };
}

/** What is read of the claims, after jose has checked issuer and time. */
interface Claims {
  readonly sub: string;
  readonly exp: number;
  readonly jti: string;
  readonly body: string;
}

const KNOWN = [
  "currentSigningKey",
  "nextSigningKey",
  "scopes",
  "baseUrl",
  "nonces",
  "tolerance",
  "clock",
];
/** Three parts in base64url; far more than QStash puts into them is none. */
const TOKEN = /^[\w-]{1,1000}\.[\w-]{1,7000}\.[\w-]{1,1000}$/;

/**
 * Requests of Upstash QStash, by the token in `Upstash-Signature`: HS256 and nothing else, issued by
 * Upstash, valid now, for this address and this body. QStash does not sign the method.
 *
 * @example
 * const app = httpApp({ queues, callers: [qstash({ currentSigningKey, nextSigningKey, scopes: ["drain"] })] });
 * @throws OptionError for an option that cannot be used. Requests: PackageError if `jose` is missing or
 * too old.
 */
export function qstash(options: QstashOptions): Caller {
  onlyKnown("qstash", options, KNOWN);
  const { nonces, clock = Date } = options;
  const keys = [options.currentSigningKey, options.nextSigningKey].map((key) => keyBytes(key));
  const scopes = checkScopes(options.scopes);
  const baseUrl = checkBaseUrl(options.baseUrl);
  checkReplays(scopes, nonces);
  const toleranceMs = milliseconds("tolerance", options.tolerance ?? "30 s", {
    min: 0,
    max: 3_600_000,
  });

  /** The claims of a token that one of the keys signed and that is valid now. */
  async function claimsOf(token: string): Promise<Claims | undefined> {
    const { jwtVerify } = await needed("xdrain/qstash", JOSE, () => import("./jwt.ts"));
    checkPackage("xdrain/qstash", JOSE, typeof jwtVerify === "function");
    const tried = await Promise.allSettled(
      keys.map((key) =>
        jwtVerify(token, key, {
          algorithms: ["HS256"],
          issuer: "Upstash",
          clockTolerance: toleranceMs / 1_000,
          currentDate: new Date(clock.now()),
        }),
      ),
    );
    const valid = tried.find((one) => one.status === "fulfilled");
    return valid === undefined ? undefined : readClaims(valid.value.payload);
  }

  return {
    header: "upstash-signature",
    scheme: "Upstash-Signature",
    async verify(proof) {
      // What needs no body comes first: nothing is read for a request that is refused anyway.
      const claims = TOKEN.test(proof.value) ? await claimsOf(proof.value) : undefined;
      if (claims === undefined || !isFor(claims.sub, proof.url, baseUrl)) return undefined;
      if (!(await hasBody(claims.body, await proof.body()))) return undefined;
      // Again, for a body that came slowly: its token may be forgotten already.
      if (leftMs(claims) <= 0) return undefined;
      if (nonces === undefined) return scopes;
      const first = await takeNonce(nonces, `qstash:${claims.jti}`, leftMs(claims) + toleranceMs);
      return first ? scopes : undefined;
    },
  };

  /** How long the token is good for, by our clock; another's may be a tolerance behind. */
  function leftMs({ exp }: Claims): number {
    return Math.ceil(exp * 1_000 + toleranceMs - clock.now());
  }
}

function readClaims(payload: Readonly<Record<string, unknown>>): Claims | undefined {
  // jose before 4.14 does not know `requiredClaims`, and takes a token without them.
  const { sub, exp, nbf, jti, body } = payload;
  if (typeof exp !== "number" || typeof nbf !== "number") return undefined;
  const whole = typeof sub === "string" && typeof body === "string";
  if (!whole || typeof jti !== "string" || !/^[\x21-\x7e]{1,200}$/.test(jti)) return undefined;
  return { sub, exp, jti, body };
}

/** Fails closed: an unset variable must not become a key that anybody can guess. */
function keyBytes(key: string | undefined): Uint8Array {
  if (typeof key === "string" && /^[\x21-\x7e]{16,}$/.test(key)) return utf8(key);
  throw new OptionError(
    "Expected `currentSigningKey` and `nextSigningKey` to be those of the Upstash console. Are the variables set?",
  );
}
