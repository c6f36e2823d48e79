// Everything that can be said of the code without running its tests, one step after the other.
// `node scripts/check.ts build size` runs only the named steps.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

interface Step {
  readonly name: string;
  readonly command: readonly string[];
}

const steps: readonly Step[] = [
  { name: "format and lint", command: ["biome", "ci", "--error-on-warnings", "."] },
  { name: "lua", command: ["node", "scripts/build-lua.ts", "--check"] },
  { name: "the dashboard's files", command: ["node", "scripts/build-dashboard.ts", "--check"] },
  { name: "lock file", command: ["node", "scripts/complete-lock.ts", "--check"] },
  { name: "types", command: ["tsc", "-p", "tsconfig.json"] },
  {
    name: "types of the core, without any environment",
    command: ["tsc", "-p", "tsconfig.core.json"],
  },
  { name: "types of the tests in a browser", command: ["tsc", "-p", "test/dashboard/browser"] },
  { name: "types of the Worker", command: ["tsc", "-p", "functions/worker/tsconfig.json"] },
  { name: "build", command: ["npm", "run", "--silent", "build"] },
  { name: "types beside the oldest packages", command: ["tsc", "-p", "tsconfig.oldest.json"] },
  {
    name: "a fresh folder from the packed tarball",
    command: ["node", "scripts/fresh-folder.ts"],
  },
  { name: "publint", command: ["publint", "--strict"] },
  { name: "attw", command: ["attw", "--pack", ".", "--profile", "esm-only"] },
  { name: "unused code and dependencies", command: ["knip"] },
  { name: "sizes", command: ["size-limit"] },
  {
    name: "Worker bundle",
    command: ["wrangler", "deploy", "--dry-run", "--outdir", ".cache/worker"],
  },
  {
    name: "dashboard Worker bundle",
    command: [
      ...["wrangler", "deploy", "--dry-run", "--outdir", ".cache/dashboard-worker"],
      ...["--config", "infra/cloudflare/wrangler.dashboard.toml"],
    ],
  },
  { name: "Lambda package", command: ["osls", "package"] },
];

const root = join(import.meta.dirname, "..");
const bin = join(root, "node_modules", ".bin");
const env = {
  ...process.env,
  PATH: `${bin}:${process.env.PATH ?? ""}`,
  // No tool of this list reports to anybody.
  WRANGLER_SEND_METRICS: "false",
  SLS_TELEMETRY_DISABLED: "1",
  SLS_NOTIFICATIONS_MODE: "off",
  DO_NOT_TRACK: "1",
  NO_COLOR: "1",
};

function run({ name, command }: Step): boolean {
  const [program = "", ...args] = command;
  const startedAt = Date.now();
  const options = { cwd: root, env, encoding: "utf8" } as const;
  const local = join(bin, program);
  const result = spawnSync(existsSync(local) ? local : program, args, options);
  const seconds = ((Date.now() - startedAt) / 1_000).toFixed(1);
  const passed = result.status === 0;
  console.log(`${passed ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
  if (!passed) console.log(`${result.stdout}${result.stderr}${result.error?.message ?? ""}`);
  return passed;
}

const wanted = process.argv.slice(2);
const chosen = steps.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const failed = chosen.filter((step) => !run(step));
if (failed.length > 0) {
  console.log(`\n${failed.length} of ${chosen.length} checks failed.`);
  process.exit(1);
}
console.log(`\nAll ${chosen.length} checks passed.`);
