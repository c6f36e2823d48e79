import { type Span, SpanStatusCode } from "@opentelemetry/api";
import { XdrainError } from "../errors.ts";
import { redact } from "../log/redact.ts";
import { ERROR_TYPE } from "./attributes.ts";

const MAX_TEXT = 1_000;
const MAX_STACK = 8_000;
/** Longer than what is told: what is cut off must not begin in the middle of a secret. */
const MAX_READ = 20_000;

/**
 * Marks a span as failed, with the error's type, and with its text where that may be told: without what
 * looks like a credential, as in a log.
 */
export function failSpan(span: Span, error: unknown, texts: boolean): void {
  const { type, message, stack } = describeError(error);
  span.setAttribute(ERROR_TYPE, type);
  span.setStatus({ code: SpanStatusCode.ERROR, ...(texts ? { message } : {}) });
  if (texts) span.recordException({ name: type, message, ...(stack === "" ? {} : { stack }) });
}

/** What kind of error it is: the code of one of ours, else its name. */
export function errorType(error: unknown): string {
  return describeError(error).type;
}

/** Whatever was thrown, even what throws when it is looked at. */
function describeError(error: unknown): { type: string; message: string; stack: string } {
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
