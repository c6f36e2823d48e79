import { XdrainError } from "../errors.ts";
import { redact } from "../log/redact.ts";

const MAX_TEXT = 1_000;
const MAX_STACK = 8_000;
/** Longer than what is told: what is cut off must not begin in the middle of a secret. */
const MAX_READ = 20_000;

/** What kind of error it is: the code of one of ours, else its name. */
export function errorType(error: unknown): string {
  return describeError(error).type;
}

/** Whatever was thrown, even what throws when it is looked at. */
export function describeError(error: unknown): { type: string; message: string; stack: string } {
  try {
    if (!(error instanceof Error)) {
      return { type: "_OTHER", message: told(String(error), MAX_TEXT), stack: "" };
    }
    const type = error instanceof XdrainError ? error.code : error.name;
    return {
      type: String(type).slice(0, MAX_TEXT) || "Error",
      message: told(String(error.message), MAX_TEXT),
      stack: told(String(error.stack ?? ""), MAX_STACK),
    };
  } catch {
    return { type: "_OTHER", message: "an error that cannot be read", stack: "" };
  }
}

function told(text: string, max: number): string {
  return redact(text.slice(0, MAX_READ)).slice(0, max);
}
