import { calibrate } from "../calibrate.ts";
import { lineChart } from "../chart/lines.ts";
import { type Environment, startEnvironment } from "../environment.ts";
import { alternate, type Contestant, type Measured, ratesOf, summarize } from "../measure.ts";
import { figure, type Goal, ratio, type Section } from "../page/section.ts";
import { allSides } from "../sides/all.ts";
import { medianRatio } from "../statistics.ts";
import { NOOP_WORK, type Side, type Work } from "../work.ts";
import { definePart, type Effort, type Part } from "./part.ts";

/** The same sides on work that varies in one respect. */
export interface Grid {
  readonly name: string;
  readonly title: string;
  readonly axis: string;
  readonly text: readonly string[];
  readonly columns: readonly Column[];
  readonly sides: readonly Side[];
  /** Ratios to tell: the first beside the second. */
  readonly pairs: readonly (readonly [own: Side, rival: Side])[];
  readonly goals?: (ratioOf: RatioOf) => readonly Goal[];
}

export interface Column {
  readonly label: string;
  readonly latencyMs: number;
  readonly work: Partial<Work>;
  /** What has to be found out first, as the concurrency that suits a rival best. */
  readonly tune?: (env: Environment, work: Work) => Promise<Work>;
}

export interface GridData {
  readonly columns: readonly string[];
  readonly sides: readonly {
    readonly name: string;
    readonly about: string;
    readonly cells: readonly (Measured & { readonly messages: number })[];
  }[];
  readonly ratios: readonly {
    readonly own: string;
    readonly rival: string;
    readonly values: readonly number[];
  }[];
}

/** The ratio of a pair in the column of that label. */
export type RatioOf = (own: Side, rival: Side, column: string) => number;

export function gridPart(grid: Grid): Part {
  return definePart<GridData>({
    name: grid.name,
    title: grid.title,
    measure: (effort) => measureGrid(grid, effort),
    section: (data) => gridSection(grid, data),
    goals: (data) =>
      grid.goals?.((own, rival, column) => {
        const row = data.ratios.find((one) => one.own === own.name && one.rival === rival.name);
        return row?.values[data.columns.indexOf(column)] ?? Number.NaN;
      }) ?? [],
    figures: (data) =>
      Object.fromEntries(
        data.ratios.flatMap(({ own, rival, values }) =>
          values.map((value, i) => [`${own} : ${rival}, ${data.columns[i]}`, value]),
        ),
      ),
  });
}

async function measureGrid(grid: Grid, effort: Effort): Promise<GridData> {
  const env = await startEnvironment();
  const cells: (Measured & { messages: number })[][] = grid.sides.map(() => []);
  const ratios: number[][] = grid.pairs.map(() => []);
  try {
    for (const column of grid.columns) {
      const contestants = await contestantsOf(env, grid, column, effort);
      const results = await alternate(env.redis, contestants, effort.rounds);
      for (const [i, { side, work }] of contestants.entries()) {
        const summary = { ...summarize(results[i] ?? []), messages: work.messages };
        cells[i]?.push(summary);
        console.log(
          `  ${column.label.padEnd(14)}${side.name.padEnd(36)}${figure(summary.rate)} msg/s`,
        );
      }
      for (const [i, [own, rival]] of grid.pairs.entries()) {
        const rates = (side: Side) => ratesOf(results[grid.sides.indexOf(side)]);
        ratios[i]?.push(medianRatio(rates(own), rates(rival)));
      }
    }
  } finally {
    await env.close();
  }
  return {
    columns: grid.columns.map(({ label }) => label),
    sides: grid.sides.map(({ name, about }, i) => ({ name, about, cells: cells[i] ?? [] })),
    ratios: grid.pairs.map(([own, rival], i) => ({
      own: own.name,
      rival: rival.name,
      values: ratios[i] ?? [],
    })),
  };
}

async function contestantsOf(
  env: Environment,
  grid: Grid,
  column: Column,
  effort: Effort,
): Promise<Contestant[]> {
  const target = await env.targetAt(column.latencyMs);
  const given = { ...NOOP_WORK, ...column.work };
  const work = (await column.tune?.(env, given)) ?? given;
  const contestants: Contestant[] = [];
  for (const side of grid.sides) {
    contestants.push(await calibrate(env, { side, target, work }, effort.seconds));
  }
  return contestants;
}

function gridSection(grid: Grid, data: GridData): Section {
  const name = (text: string) => (text.includes("xdrain") ? `**${text}**` : text);
  return {
    text: grid.text,
    tables: [
      {
        caption: "Ratios, messages per second of the first over the second:",
        columns: ["", ...data.columns],
        rows: data.ratios.map(({ own, rival, values }) => [
          `${name(own)} : ${rival}`,
          ...values.map((value) => `${ratio(value)} ×`),
        ]),
      },
      {
        caption: "Messages per second:",
        columns: [grid.axis, ...data.columns],
        rows: data.sides.map((side) => [
          name(side.name),
          ...side.cells.map(({ rate }) => figure(rate)),
        ]),
      },
      {
        caption: "For 100 messages, requests / Redis commands / µs in scripts:",
        columns: [grid.axis, ...data.columns],
        rows: data.sides.map((side) => [
          name(side.name),
          ...side.cells.map(({ requests, commands, scriptMicros }) =>
            [requests, commands, scriptMicros].map((value) => figure(value * 100)).join(" / "),
          ),
        ]),
      },
    ],
    charts: [
      {
        file: `${grid.name}.svg`,
        alt: `${grid.title}: messages per second`,
        svg: lineChart({
          title: grid.title,
          unit: "messages per second",
          axis: grid.axis,
          labels: data.columns,
          scale: "log",
          series: data.sides.map((side) => ({
            name: side.name,
            values: side.cells.map(({ rate }) => rate),
            colour: allSides.findIndex(({ name }) => name === side.name),
          })),
        }),
      },
    ],
  };
}
