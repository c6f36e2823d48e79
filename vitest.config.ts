import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { findRedisServer } from "./scripts/local-redis.ts";
import { findFaketime } from "./scripts/redis-clock.ts";

// What is about a real redis-server and nothing else: its statistics, restarts, limits, and the
// semantics that the embedded one lacks.
const NEEDS_SERVER = [
  "test/budgets/**/*.test.ts",
  "test/cli/**/*.test.ts",
  "test/doctor/**/*.test.ts",
  "test/errors/**/*.test.ts",
  "test/faults/**/*.test.ts",
  "test/gateway/**/*.test.ts",
  "test/import/**/*.test.ts",
  "test/interop/**/*.test.ts",
  "test/memory-limit/**/*.test.ts",
  "test/payloads/**/*.test.ts",
  "test/seeds/**/*.test.ts",
  "test/transports/**/*.test.ts",
];

// The same in virtual time: these set the server's clock.
const NEEDS_CLOCK = ["test/simulation/real.test.ts", "test/simulation/bugs-in-scripts.test.ts"];

/** What cannot be run here is not, and is named; in CI that is a failure. */
function notRun(): readonly string[] {
  const server = findRedisServer({ install: true }) !== undefined;
  const clock = server && findFaketime({ install: true }) !== undefined;
  const files = [...(server ? [] : globSync(NEEDS_SERVER)), ...(clock ? [] : NEEDS_CLOCK)];
  for (const file of files) {
    const what = server ? "libfaketime, which sets the clock of a" : "a";
    process.stderr.write(`not run, it needs ${what} redis-server: ${file}\n`);
  }
  if (files.length > 0 && process.env.CI === "true") {
    throw new Error("There is no redis-server for the tests, or no libfaketime for its clock.");
  }
  return files;
}

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["**/node_modules/**", ...notRun()],
    globalSetup: ["test/support/global-setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
    // Many tests wait for processes more than they compute.
    maxWorkers: Math.max(3, availableParallelism()),
  },
});
