import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { publish } from "./page/publish.ts";
import { figure } from "./page/section.ts";
import type { Effort, Part } from "./parts/part.ts";
import { describeRun, type PartResult, readResults, resultOf, writeResults } from "./results.ts";

/** Measures the parts one after the other; each is stored and on the page when the next begins. */
export async function runSuite(
  parts: readonly Part[],
  effort: Effort,
  folder: string,
): Promise<void> {
  mkdirSync(join(folder, "performance"), { recursive: true });
  for (const part of parts) {
    console.log(`\n${part.title}`);
    const result = describeRun(part, effort, await part.measure(effort));
    const results = readResults(folder);
    printFigures(part, result, resultOf(part, results));
    writeResults(folder, { ...results, [part.name]: result });
    publish(folder);
  }
}

/** Each figure beside that of the last run. */
function printFigures(part: Part, now: PartResult, last: PartResult | undefined): void {
  const before = last === undefined ? {} : part.figures(last.data);
  for (const [name, value] of Object.entries(part.figures(now.data))) {
    const old = before[name];
    const change =
      old === undefined || old === 0
        ? ""
        : `  was ${figure(old)} (${value >= old ? "+" : ""}${((value / old - 1) * 100).toFixed(0)} %)`;
    console.log(`  ${name.padEnd(60)}${figure(value).padStart(9)}${change}`);
  }
  for (const { what, target, measured, met } of part.goals(now.data)) {
    console.log(`  ${met ? "met    " : "NOT MET"} ${what}: ${measured} (${target})`);
  }
}
