import { OptionError } from "../errors.ts";

/** What a caller may do: send messages, make passes, or see how much is where. */
export type Scope = "send" | "drain" | "health";

const SCOPES: readonly Scope[] = ["send", "drain", "health"];

/** One way to prove who calls, and what such a caller may do. */
export interface Caller {
  /** The request header that carries the proof, in lower case. */
  readonly header: string;
  /** How a reply of 401 names this way. */
  readonly scheme: string;
  /**
   * What the proof grants; undefined where it is not valid. It is asked only where the header is
   * there. A rejection refuses the request too: nobody could say whether the proof was good.
   */
  verify(proof: Proof): Promise<readonly Scope[] | undefined>;
}

/** A request that shows a proof. */
export interface Proof {
  /** The value of the caller's header. */
  readonly value: string;
  readonly method: string;
  /** The whole address, as the platform gave it. */
  readonly url: string;
  /** The whole body, empty where there is none. It is read at the first call, and once. */
  body(): Promise<Uint8Array<ArrayBuffer>>;
}

/** @throws OptionError for scopes that are none. */
export function checkScopes(scopes: readonly Scope[]): readonly Scope[] {
  const some = Array.isArray(scopes) && scopes.length > 0;
  if (some && scopes.every((scope) => SCOPES.includes(scope))) return [...scopes];
  throw new OptionError(`Expected \`scopes\` to be some of ${SCOPES.join(", ")}.`);
}

/** Path and query as they stand in an address, with nothing decoded: what is routed by is verified. */
export function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const end = url.indexOf("#", start);
  return url.slice(start, end === -1 ? undefined : end);
}
