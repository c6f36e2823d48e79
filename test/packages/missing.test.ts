import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { builtEntry } from "../cli/support/built-entry.ts";
import { scratch } from "../cli/support/scratch.ts";
import { wrongEnds } from "./entry-points.ts";

const root = join(import.meta.dirname, "../..");

test("without any optional package every entry point loads, and its first call says what to install", () => {
  const folder = scratch();
  const installed = join(folder, "node_modules/xdrain");
  cpSync(dirname(dirname(builtEntry())), join(installed, "dist"), { recursive: true });
  copyFileSync(join(root, "package.json"), join(installed, "package.json"));
  copyFileSync(join(import.meta.dirname, "first-calls.mjs"), join(folder, "first-calls.mjs"));
  const { stdout, stderr } = spawnSync(process.execPath, ["first-calls.mjs"], {
    cwd: folder,
    encoding: "utf8",
    env: { PATH: process.env.PATH },
  });
  expect(stderr).toBe("");
  expect(wrongEnds(stdout)).toEqual([]);
});
