import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where private copies of the system's packages are kept, beside the checkout. */
export const CACHE = join(dirname(fileURLToPath(import.meta.url)), "..", ".cache");

/**
 * Unpacks packages of the system into a folder, without root; leaves nothing behind where that
 * fails, as without apt or without a network.
 */
export function unpackPackages(packages: readonly string[], into: string): void {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, "unpack-"));
  const quiet = { cwd: folder, stdio: "ignore", timeout: 120_000 } as const;
  try {
    execFileSync("apt-get", ["download", ...packages], quiet);
    const root = join(folder, "root");
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".deb"))) {
      execFileSync("dpkg", ["-x", file, root], quiet);
    }
    renameSync(root, into);
  } catch {
    // What needs them does without, and says so.
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
