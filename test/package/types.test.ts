import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const root = join(import.meta.dirname, "../..");

/** What users would install: the library, built into a folder of its own. */
function build(): string {
  const folder = mkdtempSync(join(tmpdir(), "xdrain-types-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const tsc = join(root, "node_modules/.bin/tsc");
  execFileSync(tsc, ["-p", "tsconfig.build.json", "--outDir", folder], { cwd: root });
  return folder;
}

/** The specifiers of packages that a file mentions, and those that its relative imports lead to. */
function packagesOf(file: string, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>();
  if (seen.has(file)) return packages;
  seen.add(file);
  const text = readFileSync(file, "utf8");
  for (const [, given = ""] of text.matchAll(/(?:from|import|import\()\s*"([^"]+)"/g)) {
    if (!given.startsWith(".")) {
      packages.add(given);
      continue;
    }
    const target = join(dirname(file), given.replace(/\.[jt]s$/, ""));
    const extension = file.endsWith(".d.ts") ? ".d.ts" : ".js";
    expect(existsSync(target + extension), `${file} imports ${given}`).toBe(true);
    for (const found of packagesOf(target + extension, seen)) packages.add(found);
  }
  return packages;
}

test("aws-lambda is in the published types of xdrain/lambda alone, and nowhere at run time", () => {
  const folder = build();
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly exports: Readonly<
      Record<string, { readonly types: string; readonly default: string }>
    >;
  };
  const mentioning = (kind: "types" | "default") =>
    Object.entries(exports)
      .filter(([, entry]) =>
        packagesOf(join(folder, entry[kind].replace("./dist/", ""))).has("aws-lambda"),
      )
      .map(([name]) => name);
  expect(mentioning("types")).toEqual(["./lambda"]);
  expect(mentioning("default")).toEqual([]);
});
