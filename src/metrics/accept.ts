import type { Format } from "./exposition.ts";

/** The format that a client wants more, by its Accept header; the older one where it does not say. */
export function formatFor(accept: string | null): Format {
  let best: { readonly format: Format; readonly weight: number } | undefined;
  for (const range of (accept ?? "").split(",")) {
    const format = formatOf(range);
    const weight = weightOf(range);
    if (format !== undefined && weight > (best?.weight ?? 0)) {
      best = { format, weight };
    }
  }
  return best?.format ?? "prometheus";
}

/** Which format a media range names; undefined where it is another one, or another version. */
function formatOf(range: string): Format | undefined {
  const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
  const version = parameters.find((one) => one.startsWith("version="))?.slice("version=".length);
  if (type === "application/openmetrics-text") {
    return version === undefined || version === "1.0.0" ? "openmetrics" : undefined;
  }
  if (type !== "text/plain" && type !== "text/*" && type !== "*/*") return undefined;
  return version === undefined || version === "0.0.4" ? "prometheus" : undefined;
}

function weightOf(range: string): number {
  const weight = /;\s*q=([\d.]+)/i.exec(range)?.[1];
  return weight === undefined ? 1 : Number(weight) || 0;
}
