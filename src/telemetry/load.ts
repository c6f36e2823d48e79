import { loadAhead, OPENTELEMETRY, type WhenLoaded } from "../needed.ts";

/** Makes something of what imports @opentelemetry/api, which is loaded from now on. */
export function loadSpans<Made>(
  make: (spans: typeof import("./spans.ts")) => Made,
): WhenLoaded<Made> {
  return loadAhead("xdrain/opentelemetry", OPENTELEMETRY, async () =>
    make(await import("./spans.ts")),
  );
}
