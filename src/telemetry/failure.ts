import { type Span, SpanStatusCode } from "@opentelemetry/api";
import { XdrainError } from "../errors.ts";
import { ERROR_TYPE } from "./attributes.ts";

const MAX_TEXT = 1_000;
const MAX_STACK = 8_000;

/** Marks a span as failed, with the error's type, and with its text where that may be told. */
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
    if (!(error instanceof Error))
      return { type: "_OTHER", message: cut(String(error)), stack: "" };
    const type = error instanceof XdrainError ? error.code : error.name;
    return {
      type: cut(String(type)) || "Error",
      message: cut(String(error.message)),
      stack: String(error.stack ?? "").slice(0, MAX_STACK),
    };
  } catch {
    return { type: "_OTHER", message: "an error that cannot be read", stack: "" };
  }
}

function cut(text: string): string {
  return text.slice(0, MAX_TEXT);
}
