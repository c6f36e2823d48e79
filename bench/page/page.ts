import type { Part } from "../parts/part.ts";
import { type PartResult, type Results, resultOf } from "../results.ts";
import type { ChartFile, Goal, Section, Table } from "./section.ts";
import { aboutSides, INTRODUCTION, LIMITS } from "./words.ts";

export interface Page {
  readonly markdown: string;
  readonly charts: readonly ChartFile[];
}

/** The page and its charts, from the results alone. */
export function renderPage(parts: readonly Part[], results: Results): Page {
  const measured = parts.flatMap((part) => {
    const result = resultOf(part, results);
    return result === undefined ? [] : [{ part, result }];
  });
  const goals = measured.flatMap(({ part, result }) => part.goals(result.data));
  const sections = measured.map(({ part, result }) => ({
    part,
    result,
    section: part.section(result.data),
  }));
  const blocks = [
    INTRODUCTION,
    "## Targets",
    goalTable(goals),
    LIMITS,
    ...aboutSides(),
    ...sections.flatMap(({ part, result, section }) => sectionBlocks(part, result, section)),
  ];
  return {
    markdown: `${blocks.join("\n\n")}\n`,
    charts: sections.flatMap(({ section }) => section.charts),
  };
}

function sectionBlocks(part: Part, result: PartResult, section: Section): string[] {
  return [
    `## ${part.title}`,
    ...section.text,
    ...section.tables.flatMap((table) => [
      ...(table.caption === undefined ? [] : [table.caption]),
      markdownTable(table),
    ]),
    ...section.charts.map(({ file, alt }) => `![${alt}](performance/${file})`),
    provenance(part, result),
  ];
}

function provenance(part: Part, { measuredAt, node, redis, cores, effort }: PartResult): string {
  return (
    `\`${commandOf(part, effort)}\` · ${measuredAt}, Node ${node.slice(1)}, Redis ${redis}, ` +
    `${cores} cores for everything`
  );
}

/** What repeats a part. */
function commandOf(part: Part, { minutes, messages }: PartResult["effort"]): string {
  if (part.name === "sustained") return `npm run bench -- --sustained --minutes ${minutes}`;
  if (part.name === "backlog") return `npm run bench -- --backlog ${messages}`;
  return `npm run bench -- --only ${part.name}`;
}

function goalTable(goals: readonly Goal[]): string {
  return markdownTable({
    columns: ["", "target", "measured", ""],
    rows: goals.map(({ what, target, measured, met }) => [
      what,
      target,
      measured,
      met ? "met" : "**not met**",
    ]),
  });
}

function markdownTable({ columns, rows }: Table): string {
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const ruler = columns.map((_, i) => (i === 0 ? "---" : "---:"));
  return [row(columns), row(ruler), ...rows.map(row)].join("\n");
}
