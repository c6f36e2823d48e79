// The text that Prometheus and whatever reads OpenMetrics collect. The two differ in the name of a
// counter's family, in what is escaped in a help text, and in the last line.

/** `prometheus` is the text format 0.0.4, `openmetrics` is OpenMetrics 1.0. */
export type Format = "prometheus" | "openmetrics";

export const CONTENT_TYPE: Readonly<Record<Format, string>> = {
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** All samples of one metric. */
export interface Family {
  /** A counter's ends in `_total`. */
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly samples: readonly Sample[];
}

export interface Sample {
  /** What stands behind the family's name, as in `_bucket`; empty for most. */
  readonly suffix: string;
  readonly labels: Labels;
  readonly value: number;
}

export type Labels = Readonly<Record<string, string>>;

/** Families without samples are left out. */
export function writeExposition(families: readonly Family[], format: Format): string {
  const lines = families
    .filter(({ samples }) => samples.length > 0)
    .flatMap((family) => linesOf(family, format));
  if (format === "openmetrics") lines.push("# EOF");
  return lines.map((line) => `${line}\n`).join("");
}

function linesOf({ name, type, help, samples }: Family, format: Format): string[] {
  const bare = type === "counter" && format === "openmetrics" ? name.replace(/_total$/, "") : name;
  return [
    `# HELP ${bare} ${escapeHelp(help, format)}`,
    `# TYPE ${bare} ${type}`,
    ...samples.map(
      ({ suffix, labels, value }) => `${name}${suffix}${writeLabels(labels)} ${value}`,
    ),
  ];
}

function writeLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}

function escapeHelp(text: string, format: Format): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return format === "openmetrics" ? escaped.replaceAll('"', '\\"') : escaped;
}
