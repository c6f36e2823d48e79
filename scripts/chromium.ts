// The Chromium of this machine, for tests in a browser and for pictures: CHROMIUM, else one of the PATH.

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

/** It talks to nobody but the pages that it is shown. */
const QUIET = [
  "--disable-gpu",
  "--disable-quic",
  "--disable-sync",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
];

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** Its path; undefined if there is none. */
export function findChromium(): string | undefined {
  if (process.env.CHROMIUM !== undefined) return process.env.CHROMIUM;
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Starts it without a window; `env` is added to the environment. @throws Error if there is none. */
export async function launchChromium(env: Record<string, string> = {}): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    throw new Error("Expected a Chromium, found none: install one, or name it in CHROMIUM.");
  }
  // Containers run as root, without the kernel's sandbox.
  const args = [...QUIET, ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])];
  return chromium.launch({ executablePath, args, env: { ...process.env, ...env } });
}
