import { describe, expect, test } from "vitest";
import { bugs } from "./bugs.ts";
import { simulateHere, simulateWith } from "./with-bug.ts";

// The same bugs in the scripts, on a real redis-server and without the model beside it: that one
// would find any change at once, and here the promises alone have to.

const STEPS = 100_000;
// The fiftieth world is the crowd that one of the bugs needs; a server takes its time to get there.
const ARGS = ["--redis", "--alone", "--seed", "2026", "--from", "45", "--steps"];

describe.concurrent("from one seed, on a redis-server", () => {
  test("the scripts are clean for 4,000 steps", { timeout: 180_000 }, async () => {
    expect(await simulateHere([...ARGS, "4000"])).toMatchObject({ violations: 0 });
  });

  for (const { name, inScripts } of bugs) {
    test(`it is found when ${name}`, { timeout: 180_000 }, async () => {
      const result = await simulateWith(inScripts, [...ARGS, String(STEPS)]);
      expect(result.violation?.what).toMatch(/^Violation: /);
      expect(result.steps).toBeLessThanOrEqual(STEPS);
    });
  }
});
