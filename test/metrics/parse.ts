// A parser of the exposition text, as strict as its grammar: what a collector would stumble over, or
// would only put up with, is an error here.

export interface ParsedFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly ParsedSample[];
}

export interface ParsedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Parsed {
  readonly families: readonly ParsedFamily[];
  /** The value of one sample, by its name and some of its labels. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
  samples(name: string): readonly ParsedSample[];
}

const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  gauge: [""],
  counter: [""],
  histogram: ["_bucket", "_sum", "_count"],
};

export function parseExposition(text: string, format: "prometheus" | "openmetrics"): Parsed {
  if (!text.endsWith("\n")) throw new Error("The last line does not end.");
  const lines = text.split("\n").slice(0, -1);
  if (format === "openmetrics" && lines.pop() !== "# EOF") throw new Error("There is no # EOF.");
  const families: (ParsedFamily & { samples: ParsedSample[] })[] = [];
  let help: readonly [string, string] | undefined;
  for (const line of lines) {
    const comment = /^# (HELP|TYPE) ([a-z_]+) (.+)$/.exec(line);
    const [, keyword, name = "", rest = ""] = comment ?? [];
    if (keyword === "HELP") {
      help = [name, rest];
    } else if (keyword === "TYPE") {
      if (help?.[0] !== name) throw new Error(`No help stands before the type of ${name}.`);
      if (families.some((one) => one.name === name)) throw new Error(`${name} comes twice.`);
      families.push({ name, type: rest, help: help[1], samples: [] });
    } else {
      const family = families.at(-1) ?? fail(`A sample has no family: ${line}`);
      family.samples.push(parseSample(line));
    }
  }
  for (const family of families) checkFamily(family, format);
  const samples = families.flatMap((family) => family.samples);
  const named = (name: string) => samples.filter((sample) => sample.name === name);
  return {
    families,
    samples: named,
    value: (name, labels = {}) => named(name).find((sample) => hasLabels(sample, labels))?.value,
  };
}

function parseSample(line: string): ParsedSample {
  const match = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? fail(`No sample: ${line}`);
  const [, name = "", labelText = "", number = ""] = match;
  const value = Number(number);
  if (!Number.isFinite(value)) throw new Error(`No number: ${line}`);
  return { name, labels: parseLabels(labelText), value };
}

function parseLabels(text: string): Record<string, string> {
  const pair = /([a-z_]+)="((?:[^"\\\n]|\\["\\n])*)"(?:,(?=[a-z])|$)/y;
  const labels: Record<string, string> = {};
  while (pair.lastIndex < text.length) {
    const at = pair.lastIndex;
    const match = pair.exec(text) ?? fail(`No label at ${at} of ${text}`);
    const [, label = "", escaped = ""] = match;
    if (label in labels) throw new Error(`The label ${label} comes twice.`);
    labels[label] = escaped.replaceAll(/\\(.)/g, (_, char) => (char === "n" ? "\n" : char));
  }
  return labels;
}

function checkFamily(family: ParsedFamily, format: "prometheus" | "openmetrics"): void {
  const { name, type, samples } = family;
  const suffixes = SUFFIXES[type] ?? fail(`No such type: ${type}`);
  const bare = type === "counter" && format === "openmetrics" ? `${name}_total` : name;
  if (type === "counter" && !bare.endsWith("_total")) throw new Error(`${name} has no _total.`);
  const seen = new Set<string>();
  for (const sample of samples) {
    if (!suffixes.some((suffix) => sample.name === bare + suffix)) {
      throw new Error(`${sample.name} is no sample of ${name}.`);
    }
    const identity = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
    if (seen.has(identity)) throw new Error(`The same series comes twice: ${identity}`);
    seen.add(identity);
  }
  if (samples.length === 0) throw new Error(`${name} has no samples.`);
  if (type === "histogram") checkHistogram(family);
}

/** Buckets grow with their bounds, the last is `+Inf`, and holds as many as are counted. */
function checkHistogram({ name, samples }: ParsedFamily): void {
  let before = { bound: Number.NEGATIVE_INFINITY, value: 0 };
  for (const sample of samples) {
    if (sample.name === `${name}_bucket`) {
      const { le = "" } = sample.labels;
      const bound = le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le);
      if (!(bound > before.bound)) throw new Error(`The bounds of ${name} do not grow at ${le}.`);
      if (sample.value < before.value) throw new Error(`${name} is not cumulative at ${le}.`);
      before = { bound, value: sample.value };
    }
    if (sample.name === `${name}_count`) {
      if (before.bound !== Number.POSITIVE_INFINITY) throw new Error(`${name} has no +Inf.`);
      if (sample.value !== before.value) throw new Error(`${name} counts another number.`);
      before = { bound: Number.NEGATIVE_INFINITY, value: 0 };
    }
  }
}

function hasLabels({ labels }: ParsedSample, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([label, value]) => labels[label] === value);
}

function fail(message: string): never {
  throw new Error(message);
}
