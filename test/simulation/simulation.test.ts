import { expect, test } from "vitest";
import { createCounters } from "./counters.ts";
import { createModel } from "./model.ts";
import { rareIn, simulate } from "./simulate.ts";
import { runWorld } from "./world.ts";

test("no promise is broken in 60,000 steps, and everything that can happen does", async () => {
  const result = await simulate({ seed: 42, steps: 60_000 });
  expect(result).toMatchObject({ violations: 0, violation: undefined });
  expect(rareIn(result, 20)).toEqual([]);
});

test("a seed repeats a world exactly", async () => {
  const trace = async (seed: number) => {
    const lines: string[] = [];
    const trace = (line: string) => lines.push(line);
    await runWorld(seed, { counters: createCounters(), open: createModel, trace });
    return lines;
  };
  const first = await trace(7);
  expect(first.length).toBeGreaterThan(100);
  expect(await trace(7)).toEqual(first);
  expect(await trace(8)).not.toEqual(first);
});
