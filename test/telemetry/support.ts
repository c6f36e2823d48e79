import { context, type Link, SpanKind, type TracerProvider } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  type DataPoint,
  type Histogram,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { onTestFinished } from "vitest";

/** A tracer whose spans stay in memory, and a context that lives through promises where that is wanted. */
export function recordSpans({ contexts = true } = {}) {
  const exporter = new InMemorySpanExporter();
  const provider: TracerProvider & { shutdown(): Promise<void> } = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  if (contexts) context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  onTestFinished(async () => {
    context.disable();
    await provider.shutdown();
  });
  const spans = () => exporter.getFinishedSpans();
  return {
    tracer: provider.getTracer("test"),
    spans,
    /** All with this name, in the order in which they ended. */
    named: (name: string) => spans().filter((span) => span.name === name),
    /** The only one with this name. */
    only(name: string): ReadableSpan {
      const found = spans().filter((span) => span.name === name);
      const [span] = found;
      if (span === undefined || found.length > 1) {
        throw new Error(`${found.length} spans are called ${name}: ${spans().map((s) => s.name)}`);
      }
      return span;
    },
  };
}

/** A meter whose measurements stay in memory. */
export function recordMetrics() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  onTestFinished(() => provider.shutdown());
  return {
    meter: provider.getMeter("test"),
    /** Everything that was measured, by the metric's name. */
    async read() {
      await provider.forceFlush();
      const metrics = exporter
        .getMetrics()
        .at(-1)
        ?.scopeMetrics.flatMap(({ metrics }) => metrics);
      return new Map(
        (metrics ?? []).map(({ descriptor, dataPoints }) => [
          descriptor.name,
          { unit: descriptor.unit, points: dataPoints as DataPoint<number | Histogram>[] },
        ]),
      );
    },
  };
}

/** What a span tells that a test looks at. */
export function told({ kind, attributes, status, events }: ReadableSpan) {
  return { kind: SpanKind[kind], attributes, status, events: events.map(({ name }) => name) };
}

export function idsOf(span: ReadableSpan) {
  const { traceId, spanId } = span.spanContext();
  return { traceId, spanId };
}

export function linked(links: readonly Link[]) {
  return links.map(({ context: { traceId, spanId } }) => ({ traceId, spanId }));
}

/** Something to wait for until it is opened. */
export function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}
