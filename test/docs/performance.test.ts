import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { staleFiles } from "../../bench/page/publish.ts";
import { DOCS, readResults } from "../../bench/results.ts";
import { spreadMoments, waitsOf } from "../../bench/waking/waits.ts";
import type { Way } from "../../bench/waking/ways.ts";

test("the page of measurements and its charts are what `npm run bench -- --report` writes from the results", () => {
  expect(staleFiles(DOCS)).toEqual([]);
});

test("the idle hours that were measured cost what the page of the protocol says of an idle pass and of a poll", () => {
  const pass = budgetOf("an idle pass");
  const poll = budgetOf("a poll of a pass that lingers");
  const { waking } = readResults(DOCS);
  if (waking === undefined) throw new Error("It was not measured: npm run bench -- --only waking");
  const { ways } = waking.data as { readonly ways: readonly Way[] };
  expect(ways.length).toBeGreaterThan(4);
  for (const { name, idle } of ways) {
    const polls = idle.requests - idle.passes;
    const least = idle.passes * pass + polls * poll;
    // A pass that goes on for half a minute leaves its time once more.
    expect(idle.commands, name).toBeGreaterThanOrEqual(least);
    expect(idle.commands, name).toBeLessThanOrEqual(least + (polls > 0 ? 2 * idle.passes : 0));
  }
});

test("each part of the measured time has a send, whatever chance says", () => {
  for (const chance of [0, 0.5, 0.999]) {
    const moments = spreadMoments(4, 1_000, () => chance);
    expect(moments.map((moment) => Math.floor(moment / 250))).toEqual([0, 1, 2, 3]);
  }
});

test("waits are told by their median, their 99th percentile and the worst", () => {
  const waited = Array.from({ length: 101 }, (_, i) => 100 - i);
  expect(waitsOf(waited)).toEqual({ p50: 50, p99: 99, worst: 100 });
});

/** The commands of some work, as the table of budgets has them; the tests of budgets assert those. */
function budgetOf(work: string): number {
  const page = readFileSync(join(DOCS, "design.md"), "utf8");
  return Number(new RegExp(`^\\| ${work} \\| 1 \\| (\\d+) \\|$`, "m").exec(page)?.[1]);
}
