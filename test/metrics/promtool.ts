import { spawnSync } from "node:child_process";
import { test } from "vitest";

const found = spawnSync("promtool", ["--version"]).status === 0;

/** A test that needs Prometheus's own checker on the PATH; without it, its name is printed. */
export function promtoolTest(name: string, body: () => Promise<void> | void): void {
  if (found) {
    test(name, body);
    return;
  }
  process.stderr.write(`not run, it needs promtool: ${name}\n`);
}

/** What it says, on both outputs, and whether it is content. */
export function promtool(args: readonly string[], input = "") {
  const { status, stdout, stderr } = spawnSync("promtool", args, { input, encoding: "utf8" });
  return { status, said: `${stdout}${stderr}` };
}
