import { type Counted, createCounters, FAULTS, OUTCOMES, RARE } from "./counters.ts";
import { runCrowd } from "./crowd.ts";
import { createModel } from "./model.ts";
import type { OpenBackend } from "./server.ts";
import { runWorld, type Stage } from "./world.ts";

export interface Simulated {
  readonly seed: number;
  readonly steps: number;
  readonly worlds: number;
  readonly messages: number;
  readonly violations: number;
  /** The first violation, and the world that repeats it. */
  readonly violation: { readonly world: number; readonly what: string } | undefined;
  readonly counts: Readonly<Record<Counted, number>>;
}

/** A world's own seed: neighbouring seeds and worlds have nothing in common. */
function seedOf(seed: number, world: number): number {
  return Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(world + 1, 0xc2b2ae35);
}

/** Every fiftieth world is a crowd. */
export function runAny(seed: number, world: number, stage: Stage) {
  const own = seedOf(seed, world);
  return world % 50 === 49 ? runCrowd(own, stage) : runWorld(own, stage);
}

/** Runs worlds one after the other, until so many steps were made or a promise is broken. */
export async function simulate(options: {
  readonly seed: number;
  readonly steps: number;
  /** The first world. @default 0 */
  readonly from?: number;
  /** @default the model in memory */
  readonly open?: OpenBackend | undefined;
  readonly onWorld?: (done: { readonly worlds: number; readonly steps: number }) => void;
}): Promise<Simulated> {
  const counters = createCounters();
  const stage = { counters, open: options.open ?? createModel };
  let messages = 0;
  let worlds = options.from ?? 0;
  let violation: Simulated["violation"];
  while (counters.steps < options.steps && violation === undefined) {
    try {
      messages += (await runAny(options.seed, worlds, stage)).messages;
    } catch (error) {
      violation = { world: worlds, what: String(error) };
    }
    worlds += 1;
    options.onWorld?.({ worlds, steps: counters.steps });
  }
  const { steps, counts } = counters;
  const violations = violation === undefined ? 0 : 1;
  return { seed: options.seed, steps, worlds, messages, violations, violation, counts };
}

/** What occurred so rarely that a run proves little of it. */
export function rareIn({ counts }: Simulated, least: number): readonly Counted[] {
  const leastOf = (name: Counted) => (RARE.includes(name) ? Math.floor(least / 10) : least);
  return [...FAULTS, ...OUTCOMES].filter((name) => counts[name] < leastOf(name));
}
