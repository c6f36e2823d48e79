import { createTraceState, isSpanContextValid, type SpanContext } from "@opentelemetry/api";
import type { Trace } from "../fields.ts";

// The trace context that a message carries, as the W3C writes it: whatever propagator the process uses
// for its own requests, everybody who reads the message understands this.

const TRACE_PARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const CARRIED_STATE = /^[\x20-\x7e]{1,512}$/;

/** What a message carries of a span; undefined where the span belongs to no trace. */
export function traceToCarry(span: SpanContext): Trace | undefined {
  if (!isSpanContextValid(span)) return undefined;
  const flags = (span.traceFlags & 0xff).toString(16).padStart(2, "0");
  const traceparent = `00-${span.traceId}-${span.spanId}-${flags}`.toLowerCase();
  const tracestate = span.traceState?.serialize() ?? "";
  // A state that no message may carry is left behind, as the W3C allows: it must not stop a send.
  return CARRIED_STATE.test(tracestate) ? { traceparent, tracestate } : { traceparent };
}

/** The span that a message carries; undefined where it carries none, or no valid one. */
export function carriedSpan(trace: Trace | undefined): SpanContext | undefined {
  const match = TRACE_PARENT.exec(trace?.traceparent ?? "");
  if (match === null) return undefined;
  const [, version, traceId = "", spanId = "", flags = "", rest] = match;
  // Later versions may append; this one has nothing behind the flags, and ff is none.
  if (version === "ff" || (version === "00" && rest !== undefined)) return undefined;
  const span: SpanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
    ...(trace?.tracestate ? { traceState: createTraceState(trace.tracestate) } : {}),
  };
  return isSpanContextValid(span) ? span : undefined;
}
