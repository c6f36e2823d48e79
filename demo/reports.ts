import type { DrainReport } from "../src/index.ts";

/** The numbers of a pass's report that the demo adds up. */
const COUNTERS = [
  "completed",
  "retried",
  "dead",
  "duplicates",
  "deferred",
  "released",
  "lost",
  "uncertain",
  "lostPayloads",
  "claimed",
  "requests",
  "commands",
] as const satisfies readonly (keyof DrainReport)[];

export type Counter = (typeof COUNTERS)[number];

/** The sum of the reports of one runtime. */
export type Totals = Readonly<Record<Counter | "passes", number>>;

export const NOTHING: Totals = {
  passes: 0,
  completed: 0,
  retried: 0,
  dead: 0,
  duplicates: 0,
  deferred: 0,
  released: 0,
  lost: 0,
  uncertain: 0,
  lostPayloads: 0,
  claimed: 0,
  requests: 0,
  commands: 0,
};

export function addUp(all: readonly Totals[]): Totals {
  return all.reduce(sum, NOTHING);
}

function sum(a: Totals, b: Totals): Totals {
  const total: Record<string, number> = {};
  for (const [name, value] of Object.entries(a)) total[name] = value + b[name as keyof Totals];
  return total as Totals;
}

/** Reads the report of one pass, which came as JSON from another process. */
export function readReport(json: unknown): Totals {
  if (typeof json !== "object" || json === null) {
    throw new Error(`Expected the report of a pass, got ${JSON.stringify(json)}.`);
  }
  const report = json as Readonly<Record<string, unknown>>;
  const totals: Record<string, number> = { passes: 1 };
  for (const counter of COUNTERS) {
    const value = report[counter];
    if (typeof value !== "number") {
      const text = JSON.stringify(json).slice(0, 300);
      throw new Error(`Expected \`${counter}\` in the report of a pass, got ${text}`);
    }
    totals[counter] = value;
  }
  return totals as Totals;
}

/** Reads the report that a function logs after each pass; undefined for any other line. */
export function readLogged(line: string): Totals | undefined {
  return line.startsWith('{"message":"pass"') ? readReport(JSON.parse(line)) : undefined;
}
