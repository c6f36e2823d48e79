import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { builtEntry } from "./support/built-entry.ts";
import { scratch } from "./support/scratch.ts";

/** Commands on a queue, each with what it cannot do without. */
const ON_QUEUES = [
  ["send", "1"],
  ["drain", "--exec", "cat"],
  ["stats"],
  ["top", "--json"],
  ["ls"],
  ["tail"],
  ["pending"],
  ["trim", "--all"],
  ["passes"],
  ["show", "1-1"],
  ["claim", "1-1", "--to", "parked"],
  ["dlq", "ls"],
  ["dlq", "show", "1-1"],
  ["dlq", "redrive", "1-1"],
  ["dlq", "purge", "1-1", "--yes"],
  ["pause"],
  ["resume"],
  ["replay", "--from", "0"],
  ["cancel", "1-1"],
  ["repair"],
  ["doctor"],
  ["export"],
  ["import"],
];

const modules = join(import.meta.dirname, "../../node_modules");

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
      input: '{"fields":["xd:d","1"]}\n',
      cwd: folder,
      env: { PATH: process.env.PATH },
    });
  expect(start("--help")).toMatchObject({ status: 0, stderr: "" });
  const tcp = ["--redis", "redis://127.0.0.1:1"];
  const rest = ["--url", "http://127.0.0.1:1", "--token", "a-token"];
  for (const [args, names] of [
    ...ON_QUEUES.map((args) => [[...args, "-q", "a", ...tcp], "ioredis"] as const),
    [["pause", "-q", "a", ...rest], "@upstash/redis"],
    [["send", "1", "-q", "a", ...rest], "@upstash/redis"],
    [["gateway", ...tcp], "hono @hono/node-server ioredis"],
    [["schedule", "ls", "--name", "a"], "@aws-sdk/client-scheduler"],
    [["schedule", "pause", "--name", "a"], "@aws-sdk/client-scheduler"],
  ] as const) {
    const { status, stdout, stderr } = start(...args);
    expect([args, stdout, status]).toEqual([args, "", 1]);
    expect(stderr).toMatch(new RegExp(`: npm install ${names}("}})?\n$`));
    const isJson = args.some((one) => one === "--json");
    expect(stderr.includes('"code":"package_missing"')).toBe(isJson);
  }
});
