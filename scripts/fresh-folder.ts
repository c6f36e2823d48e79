// What somebody gets who installs the package: packs it, installs the tarball into empty folders with npm,
// imports every entry point, and installs it beside old versions of its optional packages.

import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { wrongEnds } from "../test/packages/entry-points.ts";

const root = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "xdrain-fresh-"));
const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly exports: Readonly<Record<string, unknown>>;
};
const entries = Object.keys(exports).map((entry) => `xdrain${entry.slice(1)}`);

/** Older than what used to be asked for; each alone made npm refuse xdrain. */
const OLD = ["@hono/node-server@1.19.0", "jose@5.10.0", "ioredis@5.4.0", "@upstash/redis@1.34.0"];

function run(program: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: "utf8" });
  const isClean = !/ERESOLVE|EBADENGINE|peer/i.test(stderr); // old packages may be deprecated
  if (status === 0 && (program === "npm" ? isClean : stderr.trim() === "")) return stdout;
  throw new Error(`${program} ${args.join(" ")} ended with ${status}:\n${stdout}${stderr}`);
}

/** An empty folder with these packages; a conflict is a failure, also one that npm only warns of. */
function install(name: string, ...packages: readonly string[]): string {
  const fresh = join(folder, name);
  mkdirSync(fresh);
  const quiet = ["--prefer-offline", "--no-audit", "--no-fund", "--no-update-notifier"];
  run("npm", ["install", "--prefix", fresh, ...quiet, ...packages], fresh);
  return fresh;
}

/** As a newcomer copies it: it says that it runs as a module of plain JavaScript. */
function firstProgram(): string {
  const [, program] =
    /^```ts\n(.*?)^```$/ms.exec(readFileSync(join(root, "README.md"), "utf8")) ?? [];
  if (program === undefined) throw new Error("The README has no program.");
  return program;
}

/** This Node, and the one that the system has, if that is another and can require modules. */
function nodes(): readonly string[] {
  const paths = (process.env.PATH ?? "").split(delimiter).map((path) => join(path, "node"));
  const found = new Map<string, string>();
  for (const node of [process.execPath, ...paths]) {
    const { status, stdout } = spawnSync(node, ["--version"], { encoding: "utf8" });
    const [major = 0, minor = 0] = (stdout ?? "").slice(1).split(".").map(Number);
    const canRequire = major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);
    if (status === 0 && canRequire && !found.has(stdout)) found.set(stdout, node);
  }
  return [...found.values()];
}

try {
  run("npm", ["pack", "--silent", "--pack-destination", folder], root);
  const tarball = join(folder, readdirSync(folder).find((file) => file.endsWith(".tgz")) ?? "");

  const alone = install("alone", tarball);
  const imports = entries.map((entry) => `await import(${JSON.stringify(entry)});`).join("\n");
  const requires = entries.map((entry) => `require(${JSON.stringify(entry)});`).join("\n");
  copyFileSync(join(root, "test/packages/first-calls.mjs"), join(alone, "first-calls.mjs"));
  writeFileSync(join(alone, "first.mjs"), firstProgram());
  for (const node of nodes()) {
    run(node, ["--input-type=module", "--eval", imports], alone);
    run(node, ["--no-warnings", "--input-type=commonjs", "--eval", requires], alone);
    const printed = run(node, ["first.mjs"], alone);
    if (!printed.endsWith("\n1 0 0\n")) throw new Error(`The README's first program: ${printed}`);
    const wrong = wrongEnds(run(node, ["first-calls.mjs"], alone));
    if (wrong.length > 0) throw new Error(`Not the one clear error: ${wrong.join(", ")}`);
  }
  run("npx", ["--no-install", "xdrain", "--version"], alone);

  for (const [i, old] of OLD.entries()) install(`old-${i}`, tarball, old);
  install("old", tarball, ...OLD, "hono@4.0.0", "@opentelemetry/api@1.3.0");
} finally {
  rmSync(folder, { recursive: true, force: true });
}
