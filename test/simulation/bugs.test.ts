import { describe, expect, test } from "vitest";
import { bugs } from "./bugs.ts";
import { simulateHere, simulateWith } from "./with-bug.ts";

// That the simulation can fail: each bug is made in a copy of the source, and found there from a seed
// on which the source itself is clean. bugs-in-scripts.test.ts shows the same of the scripts.

const STEPS = 100_000;
const ARGS = ["--seed", "2026", "--steps", String(STEPS)];

describe.concurrent("from one seed", () => {
  test(`the source is clean for ${STEPS} steps`, { timeout: 120_000 }, async () => {
    const result = await simulateHere(ARGS);
    expect(result).toMatchObject({ violations: 0 });
    expect(result.steps).toBeGreaterThanOrEqual(STEPS);
  });

  for (const { name, inModel } of bugs) {
    test(`it is found when ${name}`, { timeout: 120_000 }, async () => {
      const result = await simulateWith(inModel, ARGS);
      expect(result.violation?.what).toMatch(/^Violation: /);
      expect(result.steps).toBeLessThanOrEqual(STEPS);
    });
  }
});
