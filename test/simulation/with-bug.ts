import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Change } from "./bugs.ts";
import type { Simulated } from "./simulate.ts";

const root = join(import.meta.dirname, "../..");
const run = promisify(execFile);
const COPIED = ["src", "scripts", "test/simulation", "package.json"];
const LINKED = ["node_modules", ".cache"];

/** Runs the simulation of a checkout, and returns what it says. */
export async function simulateIn(folder: string, args: readonly string[]): Promise<Simulated> {
  const command = ["test/simulation/main.ts", ...args];
  const output = await run(process.execPath, command, { cwd: folder }).catch(
    (error: { readonly stdout: string; readonly stderr: string }) => error,
  );
  const line = output.stdout.trim().split("\n").at(-1) ?? "";
  if (!line.startsWith("{")) throw new Error(`The simulation ended with: ${output.stderr}`);
  return JSON.parse(line) as Simulated;
}

/** The same in this checkout. */
export function simulateHere(args: readonly string[]): Promise<Simulated> {
  return simulateIn(root, args);
}

/** The same in a copy in which something is changed. */
export async function simulateWith(change: Change, args: readonly string[]): Promise<Simulated> {
  const folder = mkdtempSync(join(tmpdir(), "xdrain-bug-"));
  try {
    for (const part of COPIED) cpSync(join(root, part), join(folder, part), { recursive: true });
    for (const part of LINKED) symlinkSync(join(root, part), join(folder, part));
    const file = join(folder, change.file);
    const source = readFileSync(file, "utf8");
    const times = source.split(change.find).length - 1;
    if (times !== 1) throw new Error(`${change.file} has the text ${times} times: ${change.find}`);
    writeFileSync(
      file,
      source.replace(change.find, () => change.replace),
    );
    if (change.file.endsWith(".lua")) {
      await run(process.execPath, ["scripts/build-lua.ts"], { cwd: folder });
    }
    return await simulateIn(folder, args);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
