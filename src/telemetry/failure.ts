import { type Span, SpanStatusCode } from "@opentelemetry/api";
import { ERROR_TYPE } from "./attributes.ts";
import { describeError } from "./describe-error.ts";

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
