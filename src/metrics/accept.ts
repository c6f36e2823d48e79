import type { Format } from "./exposition.ts";

/** A media range of an Accept header. */
interface Range {
  readonly type: string;
  readonly version: string | undefined;
  readonly weight: number;
}

const TYPE: Readonly<Record<Format, string>> = {
  prometheus: "text/plain",
  openmetrics: "application/openmetrics-text",
};
const VERSION: Readonly<Record<Format, string>> = { prometheus: "0.0.4", openmetrics: "1.0.0" };

/** The format that a client wants more, by its Accept header; the older one where it does not say. */
export function formatFor(accept: string | null): Format {
  const ranges = (accept ?? "").split(",").map(readRange);
  const wants = (format: Format) => weightOf(format, ranges);
  return wants("openmetrics") > wants("prometheus") ? "openmetrics" : "prometheus";
}

/** The weight of the range that names the format most closely: `text/plain` says more than `text/*`. */
function weightOf(format: Format, ranges: readonly Range[]): number {
  const exact = TYPE[format];
  const alike = `${exact.split("/")[0]}/*`;
  for (const wanted of [exact, alike, "*/*"]) {
    const named = ranges.filter(({ type, version }) => {
      return type === wanted && (version === undefined || version === VERSION[format]);
    });
    if (named.length > 0) return Math.max(...named.map(({ weight }) => weight));
  }
  return 0;
}

function readRange(text: string): Range {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const given = (name: string) =>
    parameters.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
  const version = given("version")?.replaceAll('"', "");
  return { type, version, weight: Number(given("q") ?? 1) || 0 };
}
