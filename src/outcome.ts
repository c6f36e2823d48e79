import { backoffDelay } from "./backoff.ts";
import { PayloadError, XdrainError } from "./errors.ts";
import type { ResolvedQueue } from "./queue-options.ts";
import { Reject, Retry } from "./signals.ts";
import type { DeadReason } from "./store.ts";

/** What became of one delivery. */
export type Outcome =
  | { readonly kind: "complete"; readonly result: string | undefined }
  | { readonly kind: "retry"; readonly delayMs: number; readonly error: string }
  /** Given back without a failure: this pass cannot do it, another may. */
  | { readonly kind: "release"; readonly delayMs: number; readonly error: string }
  | {
      readonly kind: "dead";
      readonly reason: DeadReason;
      readonly error: string;
      /** Where it was thrown, a line for each frame; empty where that says nothing. */
      readonly stack: string;
      readonly failures: number;
    };

/** How a line of a stack begins. */
export const FRAME = /\n {4}at /;

/** Least wait of a message that only a newer library can read: a deployment takes a while. */
const NEWER_FORMAT_MS = 60_000;

/**
 * The settle policy: what follows from an error of the handler or of reading the payload. `before`
 * is how often the message failed earlier.
 */
export function outcomeOfError(queue: ResolvedQueue, error: unknown, before: number): Outcome {
  const failures = before + 1;
  const text = errorText(error);
  const dead = (reason: DeadReason, stack = ""): Outcome => ({
    kind: "dead",
    reason,
    error: text,
    stack,
    failures,
  });
  if (error instanceof PayloadError) {
    // A newer producer is not the message's fault: it waits for a newer consumer.
    if (error.code === "unsupported_format") {
      const delayMs = Math.max(queue.backoff.maxMs, NEWER_FORMAT_MS);
      return { kind: "release", delayMs, error: text };
    }
    return dead("invalid");
  }
  if (error instanceof Reject) return dead("rejected");
  if (failures >= queue.maxFailures) return dead("failed", framesOf(error));
  const delayMs =
    error instanceof Retry
      ? error.delayMs
      : backoffDelay(queue.backoff, failures, () => queue.store.random());
  return { kind: "retry", delayMs, error: text };
}

/** The frames of an error's stack, without its message, cut so that a dead letter stays small. */
function framesOf(error: unknown): string {
  const stack = error instanceof Error ? String(error.stack) : "";
  const start = stack.search(FRAME);
  return start === -1 ? "" : stack.slice(start + 1, start + 3_000);
}

/**
 * An error's name and message, and those of up to three causes (`fetch failed` says nothing without its
 * own), cut so that a dead letter stays small. Errors of ours say all there is: their cause may hold a payload.
 */
export function errorText(error: unknown): string {
  try {
    if (!(error instanceof Error)) return String(error).slice(0, 1_000);
    const texts: string[] = [];
    for (let at: unknown = error; at instanceof Error && texts.length < 4; at = at.cause) {
      texts.push(`${at.name}: ${at.message}`);
      if (at instanceof XdrainError) break;
    }
    return texts.join("; caused by ").slice(0, 1_000);
  } catch {
    return "an error that has no text";
  }
}
