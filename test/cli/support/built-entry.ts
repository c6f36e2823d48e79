import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../../..");
const folder = join(root, ".cache", "cli");

/**
 * The program as it ships, built from what is in `src` now. Files of tests run at the same time, so a
 * build gets its name, which is that of its sources, when it is whole.
 */
export function builtEntry(): string {
  built ??= build();
  return built;
}

let built: string | undefined;

function build(): string {
  removeOld();
  const target = join(folder, nameOfSources());
  const entry = join(target, "cli/main.js");
  if (existsSync(entry)) return entry;
  mkdirSync(folder, { recursive: true });
  const made = mkdtempSync(join(folder, "making-"));
  const compiler = join(root, "node_modules/.bin/tsc");
  const built = spawnSync(compiler, ["-p", "tsconfig.build.json", "--outDir", made], {
    cwd: root,
    encoding: "utf8",
  });
  if (!existsSync(join(made, "cli/main.js"))) throw new Error(`It was not built: ${built.stdout}`);
  try {
    renameSync(made, target);
  } catch {
    rmSync(made, { recursive: true, force: true }); // another process was faster
  }
  return entry;
}

function nameOfSources(): string {
  const hash = createHash("sha256");
  const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" });
  for (const file of files.filter((name) => name.endsWith(".ts")).sort()) {
    const { mtimeMs, size } = statSync(join(root, "src", file));
    hash.update(`${file} ${mtimeMs} ${size}\n`);
  }
  return hash.digest("hex").slice(0, 16);
}

const HOUR_MS = 3_600_000;

/** Builds that no running test can still use. */
function removeOld(): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() };
    if (mtimeMs < Date.now() - HOUR_MS) rmSync(path, { recursive: true, force: true });
  }
}
