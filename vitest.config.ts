import { globSync } from "node:fs";
import { defineConfig } from "vitest/config";
import { findRedisServer } from "./scripts/local-redis.ts";

// What is about a real redis-server and nothing else: its statistics, restarts, limits, and the
// semantics that the embedded one lacks.
const NEEDS_SERVER = [
  "test/budgets/**/*.test.ts",
  "test/errors/**/*.test.ts",
  "test/faults/**/*.test.ts",
  "test/gateway/**/*.test.ts",
  "test/interop/**/*.test.ts",
  "test/memory-limit/**/*.test.ts",
  "test/payloads/**/*.test.ts",
  "test/transports/**/*.test.ts",
];

/** Without a redis-server these are not run, and named; in CI that is a failure. */
function notRun(): readonly string[] {
  if (findRedisServer({ install: true }) !== undefined) return [];
  for (const file of globSync(NEEDS_SERVER)) {
    process.stderr.write(`not run, it needs a redis-server: ${file}\n`);
  }
  if (process.env.CI === "true") throw new Error("There is no redis-server for the tests.");
  return NEEDS_SERVER;
}

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["**/node_modules/**", ...notRun()],
    globalSetup: ["test/support/global-setup.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
  },
});
