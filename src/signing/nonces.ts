import { StoreError } from "../errors.ts";
import { integer } from "../expect.ts";

/** Remembers which proofs were used, so that nobody shows one twice. */
export interface Nonces {
  /**
   * True for the first to take this nonce, false for everybody after, for `ttlMs` milliseconds. Of
   * many at once, one gets true. Where it rejects, the request is refused with a 503.
   */
  take(nonce: string, ttlMs: number): Promise<boolean>;
}

/** What a store may take to answer, and the clocks of two machines may be apart, at the least. */
const SLACK_MS = 60_000;

/**
 * Takes the nonce of a proof that is good for so many milliseconds, or says that nobody knows: then
 * the request must not be carried out.
 * @throws StoreError
 */
export async function takeNonce(nonces: Nonces, nonce: string, goodMs: number): Promise<boolean> {
  try {
    return (await nonces.take(nonce, goodMs + SLACK_MS)) === true;
  } catch (cause) {
    throw new StoreError(
      "store_unavailable",
      "Nobody can say whether this request was made before: the store of nonces failed. Sign it again later.",
      { cause, uncertain: true },
    );
  }
}

/**
 * Nonces in the memory of this process: enough for one that runs alone, such as a server. Functions
 * run in many processes, each with a memory of its own: give those `upstashNonces` or `ioredisNonces`.
 *
 * @throws OptionError for an option that cannot be used.
 */
export function memoryNonces(
  options: {
    /** Most nonces at once; beyond it requests are refused, none is forgotten early. @default 100 000 */
    readonly max?: number;
    readonly clock?: { now(): number };
  } = {},
): Nonces {
  const { clock = Date } = options;
  const max = integer("max", options.max, { min: 1, max: 10_000_000, default: 100_000 });
  const endings = new Map<string, number>();

  function forgetOld(now: number): void {
    for (const [nonce, end] of endings) if (end <= now) endings.delete(nonce);
  }

  return {
    async take(nonce, ttlMs) {
      const now = clock.now();
      const end = endings.get(nonce);
      if (end !== undefined && end > now) return false;
      if (endings.size >= max) forgetOld(now);
      if (endings.size >= max) throw new Error("There are too many nonces at once.");
      endings.set(nonce, now + ttlMs);
      return true;
    },
  };
}
