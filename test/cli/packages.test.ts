import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { loaded } from "../../src/cli/packages.ts";
import { builtEntry } from "./support/built-entry.ts";
import { scratch } from "./support/scratch.ts";

const modules = join(import.meta.dirname, "../../node_modules");

test("a package that is missing is named, with how to get it", async () => {
  const missing = loaded(() => import("a-package-that-nobody-has" as string));
  await expect(missing).rejects.toThrow("npm install a-package-that-nobody-has");
});

test("what goes wrong inside of a package is told as it is", async () => {
  const broken = loaded(async () => {
    throw new Error("broken inside");
  });
  await expect(broken).rejects.toThrow("broken inside");
});

test("the entry is a program: node runs it by its first line", () => {
  const entry = builtEntry();
  const { stdout } = spawnSync("head", ["-1", entry], { encoding: "utf8" });
  expect(stdout).toBe("#!/usr/bin/env node\n");
});

test("without the optional packages it gives help, and says which one a command needs", () => {
  const folder = scratch();
  cpSync(dirname(dirname(builtEntry())), join(folder, "dist"), { recursive: true });
  cpSync(join(import.meta.dirname, "../../package.json"), join(folder, "package.json"));
  // What yargs itself needs it finds beside the place that the link leads to.
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(join(modules, "yargs"), join(folder, "node_modules/yargs"));
  const start = (...args: string[]) =>
    spawnSync(process.execPath, [join(folder, "dist/cli/main.js"), ...args], {
      encoding: "utf8",
      cwd: folder,
      env: { PATH: process.env.PATH },
    });
  expect(start("--help")).toMatchObject({ status: 0, stderr: "" });
  for (const [args, name] of [
    [["pause", "-q", "a", "--redis", "redis://127.0.0.1:1"], "ioredis"],
    [["pause", "-q", "a", "--url", "http://127.0.0.1:1", "--token", "a-token"], "@upstash/redis"],
    [["gateway", "--redis", "redis://127.0.0.1:1"], ""],
    [["schedule", "ls", "--name", "a"], "@aws-sdk/client-scheduler"],
  ] as const) {
    const { status, stderr } = start(...args);
    expect(stderr).toContain(`npm install ${name}`);
    expect(status).toBe(1);
  }
});
