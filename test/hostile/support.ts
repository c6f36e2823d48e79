import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect } from "vitest";

/** A password and tokens that must not come out of anything. */
export const CANARY = "canary-7f3a9c51e2d84b60";

const seed = Number(process.env.FUZZ_SEED ?? 20260101);

/** How long to try: `FUZZ_RUNS=20 npx vitest run test/hostile` tries twenty times as much. */
export function effort(runs: number): fc.Parameters<unknown> {
  return { seed, numRuns: Math.ceil(runs * Number(process.env.FUZZ_RUNS ?? 1)) };
}

/** Inputs that broke something once, or are known to break others; always tried. */
export function corpus<Entry>(name: string): readonly Entry[] {
  const file = join(import.meta.dirname, "corpus", `${name}.json`);
  return JSON.parse(readFileSync(file, "utf8")) as Entry[];
}

const PROTOTYPE = JSON.stringify(Object.getOwnPropertyNames(Object.prototype).sort());

/** What holds after every attempt: nothing has reached the prototypes that everything shares. */
export function expectCleanPrototypes(): void {
  expect(JSON.stringify(Object.getOwnPropertyNames(Object.prototype).sort())).toBe(PROTOTYPE);
  expect(({} as { readonly polluted?: unknown }).polluted).toBeUndefined();
}

const NASTY_KEYS = ["__proto__", "constructor", "prototype", "toString", "xd:d", "xd:k", "xd:v"];
const NASTY_TEXTS = [
  "",
  "\0",
  "\r\n",
  "%00",
  "..%2f",
  "\ud800",
  "{}",
  "null",
  "1e999",
  "-0",
  "xd:raw",
];

export const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.constantFrom(...NASTY_TEXTS, ...NASTY_KEYS),
);

/** Any JSON, with the keys that pollute prototypes, wrong types and deep nesting. */
export const json: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...NASTY_KEYS), fc.jsonValue())
      .map(([key, value]) => JSON.parse(`{${JSON.stringify(key)}:${JSON.stringify(value)}}`)),
  },
  { weight: 1, arbitrary: fc.integer({ min: 50, max: 3_000 }).map(nested) },
);

/** Arrays in arrays, as deep as this. */
function nested(depth: number): unknown {
  return JSON.parse("[".repeat(depth) + "]".repeat(depth));
}
