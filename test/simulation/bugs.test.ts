import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { type Bug, bugs } from "./bugs.ts";
import type { Simulated } from "./simulate.ts";

// That the simulation can fail: each bug is made in a copy of the source, and found there from a seed
// on which the source itself is clean.

const SEED = 2026;
const STEPS = 100_000;
const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);

async function simulateIn(folder: string): Promise<Simulated> {
  const args = ["test/simulation/main.ts", "--seed", String(SEED), "--steps", String(STEPS)];
  const output = await run(process.execPath, args, { cwd: folder }).catch(
    (error: { readonly stdout: string }) => error,
  );
  return JSON.parse(output.stdout.trim().split("\n").at(-1) ?? "") as Simulated;
}

async function simulateWith(bug: Bug): Promise<Simulated> {
  const folder = mkdtempSync(join(tmpdir(), "xdrain-bug-"));
  try {
    for (const part of ["src", "test/simulation", "package.json"]) {
      cpSync(join(root, part), join(folder, part), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    const file = join(folder, bug.file);
    const source = readFileSync(file, "utf8");
    const times = source.split(bug.find).length - 1;
    expect(times, `how often ${bug.file} has the text that "${bug.name}" changes`).toBe(1);
    writeFileSync(
      file,
      source.replace(bug.find, () => bug.replace),
    );
    return await simulateIn(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe.concurrent("from one seed", () => {
  test(`the source is clean for ${STEPS} steps`, { timeout: 120_000 }, async () => {
    const result = await simulateIn(root);
    expect(result).toMatchObject({ violations: 0 });
    expect(result.steps).toBeGreaterThanOrEqual(STEPS);
  });

  for (const bug of bugs) {
    test(`it is found when ${bug.name}`, { timeout: 120_000 }, async () => {
      const result = await simulateWith(bug);
      expect(result.violation?.what).toMatch(/^Violation: /);
      expect(result.steps).toBeLessThanOrEqual(STEPS);
    });
  }
});
