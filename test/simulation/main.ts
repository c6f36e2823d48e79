// The queue in worlds where everything goes wrong, in virtual time and by a seed.
//
//   npm run sim                                  100,000 steps from a random seed
//   npm run sim -- --steps 1000000 --seed 7      a million from this one
//   npm run sim -- --seed 7 --world 12           one world again, step by step
//   npm run sim -- --redis --steps 20000         the scripts on a redis-server, the model beside them
//   npm run sim -- --seed 7 --from 40            from the fortieth world on
//   npm run sim -- --redis --alone               the same without the model
//
// Ends in one line of JSON; exit code 1 when a promise was broken, or something hardly occurred.

import { parseArgs } from "node:util";
import { startClockedRedis } from "../../scripts/redis-clock.ts";
import { besideModel } from "./beside.ts";
import { createCounters } from "./counters.ts";
import { createModel } from "./model.ts";
import { connectReal } from "./real.ts";
import { START_MS } from "./scheduler.ts";
import type { OpenBackend } from "./server.ts";
import { rareIn, runAny, simulate } from "./simulate.ts";

const { values } = parseArgs({
  options: {
    steps: { type: "string" },
    seed: { type: "string" },
    world: { type: "string" },
    from: { type: "string" },
    redis: { type: "boolean", default: false },
    alone: { type: "boolean", default: false },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e9));
const steps = Number(values.steps ?? 100_000);
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(steps) || steps < 1) {
  console.error("Expected --seed and --steps to be whole numbers.");
  process.exit(2);
}

const flags = `${values.redis ? " --redis" : ""}${values.alone ? " --alone" : ""}`;
const real = values.redis ? await connect() : undefined;
const open: OpenBackend =
  real === undefined
    ? createModel
    : async (surroundings) => {
        const backend = await real.open(surroundings);
        return values.alone ? backend : besideModel(backend, surroundings);
      };

if (values.world !== undefined) {
  const stage = { counters: createCounters(), open, trace: console.log };
  await runAny(seed, Number(values.world), stage);
  console.log("No promise was broken.");
} else {
  const startedAt = performance.now();
  const result = await simulate({
    seed,
    steps,
    from: Number(values.from ?? 0),
    open,
    onWorld: showProgress,
  });
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  const rare = rareIn(result, steps / 1_000);
  if (result.violation !== undefined) {
    console.error(`${result.violation.what}`);
    console.error(`Again: npm run sim --${flags} --seed ${seed} --world ${result.violation.world}`);
  }
  if (rare.length > 0) console.error(`Too rare to prove anything: ${rare.join(", ")}`);
  console.log(JSON.stringify({ ...result, seconds }));
  process.exitCode = result.violations > 0 || (steps >= 1_000_000 && rare.length > 0) ? 1 : 0;
}

await real?.close();

async function connect() {
  const server = await startClockedRedis(START_MS);
  if (server !== undefined) return connectReal(server);
  console.error("There is no redis-server here, or no libfaketime to set its clock.");
  process.exit(2);
}

function showProgress({ worlds, steps: done }: { worlds: number; steps: number }): void {
  if (worlds % 100 === 0 && process.stderr.isTTY) {
    process.stderr.write(`\r${done.toLocaleString("en")} steps, ${worlds} worlds`);
  }
}
