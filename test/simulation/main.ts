// The queue in worlds where everything goes wrong, in virtual time and by a seed.
//
//   npm run sim                                  100,000 steps from a random seed
//   npm run sim -- --steps 1000000 --seed 7      a million from this one
//   npm run sim -- --seed 7 --world 12           one world again, step by step
//
// Ends in one line of JSON; exit code 1 when a promise was broken, or something hardly occurred.

import { parseArgs } from "node:util";
import { createCounters } from "./counters.ts";
import { rareIn, runAny, simulate } from "./simulate.ts";

const { values } = parseArgs({
  options: { steps: { type: "string" }, seed: { type: "string" }, world: { type: "string" } },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e9));
const steps = Number(values.steps ?? 100_000);
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(steps) || steps < 1) {
  console.error("Expected --seed and --steps to be whole numbers.");
  process.exit(2);
}

if (values.world !== undefined) {
  await runAny(seed, Number(values.world), createCounters(), console.log);
  console.log("No promise was broken.");
} else {
  const startedAt = performance.now();
  const result = await simulate({ seed, steps, onWorld: showProgress });
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  const rare = rareIn(result, steps / 1_000);
  if (result.violation !== undefined) {
    console.error(`${result.violation.what}`);
    console.error(`Again: npm run sim -- --seed ${seed} --world ${result.violation.world}`);
  }
  if (rare.length > 0) console.error(`Too rare to prove anything: ${rare.join(", ")}`);
  console.log(JSON.stringify({ ...result, seconds }));
  process.exitCode = result.violations > 0 || (steps >= 1_000_000 && rare.length > 0) ? 1 : 0;
}

function showProgress({ worlds, steps: done }: { worlds: number; steps: number }): void {
  if (worlds % 100 === 0 && process.stderr.isTTY) {
    process.stderr.write(`\r${done.toLocaleString("en")} steps, ${worlds} worlds`);
  }
}
