import { join } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";

const src = join(import.meta.dirname, "../../src");

/** The packages that an entry brings along, and how many of our files. */
async function broughtBy(entry: string): Promise<{ packages: string[]; files: string[] }> {
  const { metafile } = await build({
    entryPoints: [join(src, entry)],
    bundle: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    write: false,
    metafile: true,
  });
  const inputs = Object.keys(metafile.inputs);
  const packages = inputs.flatMap(
    (file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? [],
  );
  const files = inputs.filter((file) => !file.includes("node_modules"));
  return { packages: [...new Set(packages)], files };
}

test("the HTTP app brings hono alone: who does without QStash needs no jose", async () => {
  expect((await broughtBy("runtimes/http/index.ts")).packages).toEqual(["hono"]);
});

test("QStash brings jose alone", async () => {
  expect((await broughtBy("qstash/index.ts")).packages).toEqual(["jose"]);
});

test("a sender of signed requests brings no package, no store and no queue", async () => {
  const { packages, files } = await broughtBy("signing/index.ts");
  expect(packages).toEqual([]);
  const beside = files.filter((file) => !file.includes("src/signing/"));
  expect(beside.map((file) => file.replace(/.*src\//, "")).sort()).toEqual([
    "duration.ts",
    "errors.ts",
    "expect.ts",
  ]);
});
