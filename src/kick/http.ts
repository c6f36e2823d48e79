import { type Duration, milliseconds } from "../duration.ts";
import { onlyKnown, refuseKind } from "../expect.ts";
import { baseOf } from "./address.ts";
import type { Kick } from "./kick.ts";
import { type Answer, kickOver } from "./post.ts";
import { type ProofOptions, proofOf } from "./proof.ts";
import { trackedBody } from "./tracked-body.ts";

/** Where and how to ask over HTTP; either `key` or `token` proves who asks. */
export interface HttpKickOptions extends ProofOptions {
  /** Where the `httpApp` of whoever drains is: https, or http where nobody listens in. */
  readonly url: string | URL;
  /** The longest that a kick holds up whoever makes it. @default "1 s" */
  readonly timeout?: Duration;
  /** @default the platform's */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Answer>;
  /** The time in signatures. @default the system's */
  readonly clock?: { now(): number };
}

const KNOWN = ["url", "key", "token", "timeout", "fetch", "clock"];

/**
 * Asks an `httpApp` for a pass: a server, a Lambda Function URL, a Worker, any platform with `fetch`.
 *
 * It ends with the answer, or after `timeout`. Where the app can go on by itself it answers at once;
 * elsewhere it answers after its pass, and a request that is out by then counts as taken: the pass goes
 * on although nobody waits for it. A connection that fails is tried once more.
 *
 * @example
 * const kick = httpKick({ url: "https://app.example.com", key: process.env.SIGNING_KEY });
 * await kick({ queue: "orders", depth: 0 });
 * @throws OptionError for an option that cannot be used. The kick: KickError, or OptionError for a
 * queue or a depth that cannot be asked for.
 */
export function httpKick(options: HttpKickOptions): Kick {
  onlyKnown("httpKick", options, KNOWN);
  const { clock = Date, fetch: send = (url, init) => fetch(url, init) } = options;
  if (typeof send !== "function") refuseKind("fetch", "a function", send);
  return kickOver({
    base: baseOf("url", options.url),
    prove: proofOf(options, clock),
    timeoutMs: milliseconds("timeout", options.timeout ?? "1 s", { min: 1, max: 60_000 }),
    attempt(url, headers, text, signal) {
      const body = trackedBody(text);
      const init = {
        method: "POST",
        // The length is heeded by some platforms; the others send such a body in chunks.
        headers: { ...headers, "content-length": String(body.length) },
        body: body.stream,
        duplex: "half" as const,
        // A redirection is not followed: the proof is for this address and nobody else.
        redirect: "manual" as const,
        signal,
      };
      return { send: () => send(url, init), isSent: body.taken };
    },
  });
}
