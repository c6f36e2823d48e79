import { join } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";

const src = join(import.meta.dirname, "../../src");

/** The packages that an entry brings along, and which of our folders. */
async function broughtBy(entry: string) {
  const { metafile, outputFiles } = await build({
    entryPoints: [join(src, entry)],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    external: ["@aws-sdk/*"],
    write: false,
    metafile: true,
  });
  const imported = Object.values(metafile.outputs).flatMap(({ imports }) => imports);
  const folders = Object.keys(metafile.inputs).map(
    (file) => /src\/(?:(.+)\/)?[^/]+$/.exec(file)?.[1] ?? "core",
  );
  return {
    packages: [...new Set(imported.map(({ path }) => path))],
    folders: [...new Set(folders)].sort(),
    bytes: outputFiles[0]?.contents.length ?? 0,
  };
}

test("who kicks over HTTP or a binding brings no package, no store, and no SDK of AWS", async () => {
  const { packages, folders } = await broughtBy("kick/index.ts");
  expect(packages).toEqual([]);
  expect(folders).toEqual(["core", "kick", "signing"]);
});

test("who kicks a Lambda brings its SDK's client alone", async () => {
  const { packages, folders } = await broughtBy("kick/lambda/index.ts");
  expect(packages).toEqual(["@aws-sdk/client-lambda"]);
  expect(folders).toEqual(["core", "kick", "kick/lambda", "signing"]);
});
