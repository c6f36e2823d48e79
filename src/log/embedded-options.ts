import { OptionError } from "../errors.ts";
import { name, onlyKnown, refuse } from "../expect.ts";
import type { WriteLine } from "./console-json.ts";
import { toStdout } from "./stdout.ts";

/** The metrics of a pass, and of a look at a queue. */
export type EmbeddedMetric = keyof typeof UNITS;

export const UNITS = {
  Passes: "Count",
  FailedPasses: "Count",
  PassDuration: "Milliseconds",
  Claimed: "Count",
  Completed: "Count",
  Retried: "Count",
  Dead: "Count",
  LostPayloads: "Count",
  TrimmedUnread: "Count",
  Commands: "Count",
  Ready: "Count",
  InFlight: "Count",
  Parked: "Count",
  Delayed: "Count",
  DeadLetters: "Count",
  StreamLength: "Count",
  OldestAge: "Seconds",
  LastPassAge: "Seconds",
} as const;

const METRICS = Object.keys(UNITS) as EmbeddedMetric[];

export interface EmbeddedMetricsOptions {
  /** @default "xdrain" */
  readonly namespace?: string;
  /** Dimensions beside `Queue`, the same for all: `{ Service: "inbox" }`. @default none */
  readonly dimensions?: Readonly<Record<string, string>>;
  /** Which metrics are made: each costs by the month, for each queue. The others are members of the line. @default all */
  readonly metrics?: readonly EmbeddedMetric[];
  /** @default the standard output: a document of this format is a line with nothing before it */
  readonly write?: WriteLine;
  /** Milliseconds since 1970. @default the system's clock */
  readonly now?: () => number;
}

export interface ResolvedEmbedded {
  readonly namespace: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly metrics: readonly EmbeddedMetric[];
  readonly write: WriteLine;
  readonly now: () => number;
}

/** @throws OptionError for names that CloudWatch does not take. */
export function resolveEmbedded(options: EmbeddedMetricsOptions): ResolvedEmbedded {
  onlyKnown("embeddedMetrics", options, ["namespace", "dimensions", "metrics", "write", "now"]);
  return {
    namespace: checkNamespace(options.namespace ?? "xdrain"),
    dimensions: checkDimensions(options.dimensions ?? {}),
    metrics: checkMetrics(options.metrics ?? METRICS),
    write: options.write ?? toStdout,
    now: options.now ?? Date.now,
  };
}

function checkNamespace(given: string): string {
  if (!/^[\w ./#:-]{1,255}$/.test(name("namespace", given)) || /^(?::|AWS\/)/i.test(given)) {
    refuse("namespace", "1 to 255 letters, digits and .-_/#: that do not begin with AWS/", given);
  }
  return given;
}

/** CloudWatch takes 30, in ASCII. Members of lines begin with a small letter, so none is hidden. */
function checkDimensions(
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const entries = Object.entries(given);
  if (entries.length > 29) refuse("dimensions", "at most 29 beside `Queue`", entries.length);
  for (const [dimension, value] of entries) {
    const isTaken = dimension === "Queue" || dimension in UNITS;
    if (isTaken || !/^[A-Z][\x21-\x7e]{0,249}$/.test(dimension)) {
      throw new OptionError(
        `Expected names of \`dimensions\` in ASCII, begun with a capital letter, no metric's and not Queue; \`${dimension.slice(0, 60)}\` is not.`,
      );
    }
    if (dimensionText(name(`dimensions.${dimension}`, value, 1_024)) !== value) {
      refuse(`dimensions.${dimension}`, "printable ASCII that does not begin with a colon", value);
    }
  }
  return { ...given };
}

function checkMetrics(given: readonly EmbeddedMetric[]): readonly EmbeddedMetric[] {
  const known = Array.isArray(given) && given.every((metric) => METRICS.includes(metric));
  return known
    ? METRICS.filter((metric) => given.includes(metric))
    : refuse("metrics", `some of ${METRICS.join(", ")}`, given);
}

/** A dimension's value as CloudWatch takes it: printable ASCII with something in it, no colon first. */
export function dimensionText(value: string): string {
  const ascii = value.replaceAll(/[^\x20-\x7e]/g, "?").replace(/^:/, "_");
  return ascii.trim() === "" ? "_" : ascii;
}
