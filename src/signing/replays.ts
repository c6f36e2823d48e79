import { OptionError } from "../errors.ts";
import type { Scope } from "./caller.ts";
import type { Nonces } from "./nonces.ts";

/**
 * A pass that is asked for twice finds the work done; a message that is sent twice is two messages.
 * @throws OptionError where replays would send, or for what keeps no nonces.
 */
export function checkReplays(scopes: readonly Scope[], nonces: Nonces | undefined): void {
  if (nonces === undefined) {
    if (!scopes.includes("send")) return;
    throw new OptionError(
      "Expected `nonces` with the scope send: whoever sees a request could send its messages again.",
    );
  }
  if (typeof nonces?.take !== "function") {
    throw new OptionError("Expected `nonces` to have the method `take`, as `upstashNonces` makes.");
  }
}
