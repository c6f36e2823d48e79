import type { Meter, Tracer } from "@opentelemetry/api";
import { flag, onlyKnown, refuse } from "../expect.ts";
import { createInstruments, type Instruments } from "./instruments.ts";

export interface TelemetryOptions {
  /** Makes the spans. @default the global tracer named "xdrain" */
  readonly tracer?: Tracer;
  /** Measures too: what was sent, consumed and how long it took. @default nothing is measured */
  readonly meter?: Meter;
  /**
   * Say the texts and stacks of errors in spans; they hold what the handler put there. With false a span
   * says the error's type alone. Payloads are in no span. @default true
   */
  readonly errorTexts?: boolean;
}

export interface ResolvedTelemetry {
  /** Undefined: the global one, which only the package knows. */
  readonly tracer: Tracer | undefined;
  readonly instruments: Instruments | undefined;
  readonly errorTexts: boolean;
}

const KNOWN = ["tracer", "meter", "errorTexts"];

/** @throws OptionError for an option that cannot be used. */
export function resolveTelemetry(
  what: string,
  options: TelemetryOptions,
  others: readonly string[] = [],
): ResolvedTelemetry {
  onlyKnown(what, options, [...KNOWN, ...others]);
  const { tracer, meter } = options;
  if (tracer !== undefined && typeof tracer?.startSpan !== "function") {
    refuse("tracer", "a Tracer of @opentelemetry/api", tracer);
  }
  if (meter !== undefined && typeof meter?.createHistogram !== "function") {
    refuse("meter", "a Meter of @opentelemetry/api", meter);
  }
  return {
    tracer,
    instruments: meter === undefined ? undefined : createInstruments(meter),
    errorTexts: flag("errorTexts", options.errorTexts, true),
  };
}
