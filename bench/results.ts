import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { findRedisServer } from "../scripts/local-redis.ts";
import type { Effort, Part } from "./parts/part.ts";

/** What one part found, and where. */
export interface PartResult {
  readonly version: number;
  readonly measuredAt: string;
  readonly node: string;
  readonly redis: string;
  readonly cores: number;
  readonly effort: Effort;
  readonly data: unknown;
}

export type Results = Readonly<Record<string, PartResult>>;

/** What a part found last, in the shape that it has today. */
export function resultOf(part: Part, results: Results): PartResult | undefined {
  const result = results[part.name];
  return result?.version === part.version ? result : undefined;
}

/** The folder of the published page; another one can be given for a trial. */
export const DOCS = join(import.meta.dirname, "..", "docs");

const fileIn = (folder: string) => join(folder, "performance", "results.json");

export function readResults(folder: string): Results {
  const file = fileIn(folder);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Results) : {};
}

export function writeResults(folder: string, results: Results): void {
  writeFileSync(fileIn(folder), `${JSON.stringify(rounded(results), null, 2)}\n`);
}

export function describeRun(part: Part, effort: Effort, data: unknown): PartResult {
  return {
    version: part.version,
    measuredAt: new Date().toISOString().slice(0, 10),
    node: process.version,
    redis: redisVersion(),
    cores: cpus().length,
    effort,
    data,
  };
}

function redisVersion(): string {
  const binary = findRedisServer({ install: false });
  if (binary === undefined) return "none";
  const told = execFileSync(binary.path, ["--version"], { env: binary.env, encoding: "utf8" });
  return /v=(\S+)/.exec(told)?.[1] ?? "unknown";
}

/** Four digits say all that a benchmark knows. */
function rounded(value: unknown): unknown {
  if (typeof value === "number")
    return Number.isInteger(value) ? value : Number(value.toPrecision(4));
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rounded(inner)]));
}
