// Runs `npm ci` when the checkout has no installed packages, or the lock file has changed since.
// Plain JavaScript for Node 20: it runs before the pinned Node of the dev dependencies is there.

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const stamp = join(root, "node_modules", ".xdrain-lock");
const lock = readFileSync(join(root, "package-lock.json"), "utf8");

function installed() {
  try {
    return readFileSync(stamp, "utf8") === lock;
  } catch {
    return false;
  }
}

if (!installed()) {
  console.log("Installing the development packages (npm ci), once …");
  const options = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  const result = spawnSync("npm", options, { cwd: root, stdio: "inherit" });
  if (result.status !== 0) process.exit(result.status ?? 1);
  writeFileSync(stamp, lock);
}
