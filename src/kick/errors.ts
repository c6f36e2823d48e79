import { XdrainError } from "../errors.ts";

/** What went wrong, in words that stay the same between versions. */
export type KickErrorCode =
  /** Too many requests. */
  | "throttled"
  /** The key, the token or the role may not ask for this. */
  | "denied"
  /** There is no such function, no such app, or no such queue in it. */
  | "not_found"
  /** It was understood and is not done; to ask again changes nothing. */
  | "refused"
  /** Nobody took it in time, or the pass could not run. */
  | "unavailable";

/** A pass was asked for and nobody took the request. The messages wait for the next pass. */
export class KickError extends XdrainError<KickErrorCode> {
  override readonly name = "KickError";
}

const ADVICE: Readonly<Record<KickErrorCode, string>> = {
  throttled: "Raise the concurrency of the function that drains, or kick less often.",
  denied: "Is it the key, the token or the role of whoever may drain there?",
  not_found: "Is there such a function, and does it know this queue by this name?",
  refused: "To ask again changes nothing.",
  unavailable: "The messages wait for the next pass.",
};

/** @param what What happened, in a few words; never an address, a key or a text of somebody else's. */
export function kickError(
  queue: string,
  code: KickErrorCode,
  what: string,
  cause?: unknown,
): KickError {
  const message = `The kick of "${queue}" failed: ${what}. ${ADVICE[code]}`;
  return new KickError(code, message, cause === undefined ? undefined : { cause });
}

const CODES_BY_STATUS: Readonly<Record<number, KickErrorCode>> = {
  401: "denied",
  403: "denied",
  404: "not_found",
  408: "unavailable",
  409: "unavailable", // a function that is being changed
  429: "throttled",
};

/** What a status other than 2xx means. */
export function codeOfStatus(status: number): KickErrorCode {
  return CODES_BY_STATUS[status] ?? (status >= 500 ? "unavailable" : "refused");
}
