import { type Duration, milliseconds } from "../duration.ts";
import { onlyKnown, refuseKind } from "../expect.ts";
import { baseOf } from "./address.ts";
import type { Kick } from "./kick.ts";
import { type Answer, kickOver } from "./post.ts";
import { type ProofOptions, proofOf } from "./proof.ts";

/** What is used of a service binding of Cloudflare. */
export interface ServiceBinding {
  fetch(url: string, init: RequestInit): Promise<Answer>;
}

/** How to ask over a service binding; either `key` or `token` proves who asks. */
export interface BindingKickOptions extends ProofOptions {
  /** What the Worker behind the binding sees as its own address. @default "https://xdrain" */
  readonly origin?: string | URL;
  /** The longest that a kick holds up whoever makes it. @default "1 s" */
  readonly timeout?: Duration;
  /** The time in signatures. @default the system's */
  readonly clock?: { now(): number };
}

const KNOWN = ["key", "token", "origin", "timeout", "clock"];

/**
 * Asks the `httpApp` of another Worker for a pass, over a service binding: no address, no network.
 * The app has to get the Worker's context, as in `app.fetch(request, env, context)`: then it answers
 * at once and its pass goes on. Without it the pass ends with whoever asked.
 *
 * @example
 * const kick = bindingKick(env.DRAIN, { key: env.SIGNING_KEY });
 * context.waitUntil(kick({ queue: "orders", depth: 0 }));
 * @throws OptionError for an option that cannot be used. The kick: KickError, or OptionError for a
 * queue or a depth that cannot be asked for.
 */
export function bindingKick(binding: ServiceBinding, options: BindingKickOptions): Kick {
  if (typeof binding?.fetch !== "function") refuseKind("binding", "a service binding", binding);
  onlyKnown("bindingKick", options, KNOWN);
  return kickOver({
    base: baseOf("origin", options.origin ?? "https://xdrain"),
    prove: proofOf(options, options.clock ?? Date),
    timeoutMs: milliseconds("timeout", options.timeout ?? "1 s", { min: 1, max: 60_000 }),
    attempt(url, headers, body, signal) {
      const init = { method: "POST", headers, body, redirect: "manual", signal } as const;
      // There is no connection to wait for: what was handed over is there.
      return { send: () => binding.fetch(url, init), isSent: () => true };
    },
  });
}
