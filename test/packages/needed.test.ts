import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createTestHarness } from "wrangler";
import { OptionError, PackageError, StoreError } from "../../src/index.ts";
import { checkPackage, loadAhead, needed } from "../../src/needed.ts";

const TWO = { hono: "4.0.0", "@hono/node-server": "1.0.0" };

/** How a load that fails like this ends. */
async function failing(cause: unknown, packages: Record<string, string> = TWO): Promise<unknown> {
  const load = () => Promise.reject(cause);
  return needed("xdrain/http", packages, load).catch((error: unknown) => error);
}

test("a package that Node does not find is named, with what to install", async () => {
  const name = "a-package-that-nobody-has";
  const load = () => import(name);
  const missing = needed("xdrain/http", { [name]: "1.0.0" }, load);
  await expect(missing).rejects.toThrow(PackageError);
  await expect(missing).rejects.toMatchObject({
    code: "package_missing",
    message: `xdrain/http needs the package ${name}, which is not installed: npm install ${name}`,
  });
  await expect(missing).rejects.not.toThrow(StoreError);
});

test.each([
  ["Node, as a module", "Cannot find package 'hono' imported from /app/x.js"],
  ["Node, by require", "Cannot find module 'hono/html'\nRequire stack:\n- /app/bundle.cjs"],
  ["Bun", "Cannot find package 'hono' from '/app/node_modules/@hono/node-server/dist/index.mjs'"],
  ["Deno", 'Import "hono" not a dependency and not in import map from "file:///app/x.js"'],
  ["Deno without a package.json", 'Relative import path "hono" not prefixed with / or ./ or ../'],
])("what %s says of a missing package is understood", async (_, text) => {
  expect(await failing(new Error(text))).toMatchObject({
    code: "package_missing",
    message:
      "xdrain/http needs the package hono, which is not installed: npm install hono @hono/node-server",
  });
});

test("what workerd says of a missing module is understood", async () => {
  const root = mkdtempSync(join(tmpdir(), "xdrain-needed-"));
  const main = join(root, "index.js");
  writeFileSync(
    main,
    `export default { async fetch() {
      return new Response(await import("hono").catch((error) => error.message));
    } };`,
  );
  const config = { name: "missing", main, no_bundle: true, compatibility_date: "2026-09-01" };
  const harness = createTestHarness({ root, workers: [{ config }] });
  onTestFinished(async () => {
    await harness.close();
    rmSync(root, { recursive: true, force: true });
  });
  await harness.listen();
  const text = await (await harness.fetch("/")).text();
  expect(await failing(new Error(text))).toMatchObject({ code: "package_missing" });
});

test.each([
  [`Package subpath './html' is not defined by "exports" in /app/node_modules/hono/package.json`],
  ["The requested module 'hono/cookie' does not provide an export named 'setCookie'"],
  ["Cannot find module '/app/node_modules/hono/dist/index.js' imported from /app/x.js"],
  ["broken inside"],
])("a package that is there and cannot be loaded is unsupported: %s", async (text) => {
  const cause = new SyntaxError(text);
  expect(await failing(cause)).toMatchObject({
    name: "PackageError",
    code: "package_unsupported",
    message: `xdrain/http needs hono 4.0.0, @hono/node-server 1.0.0 or newer, and what is installed cannot be used (${text}): npm install hono@latest @hono/node-server@latest`,
    cause,
  });
});

test("an error of this library is told as it is", async () => {
  const error = new OptionError("Expected something else.");
  expect(await failing(error)).toBe(error);
});

test("a package that lacks what is needed of it is refused, with the oldest version that has it", () => {
  const check = (has: boolean) => () => checkPackage("xdrain/ioredis", { ioredis: "5.0.0" }, has);
  expect(check(true)).not.toThrow();
  expect(check(false)).toThrow("xdrain/ioredis needs ioredis 5.0.0 or newer");
  expect(check(false)).toThrow("npm install ioredis@latest");
});

test("what is loaded ahead is used at once when it is there, and its failure waits for the first use", async () => {
  const ready = loadAhead("xdrain/http", TWO, async () => 7);
  expect(await ready((made) => made + 1)).toBe(8);
  expect(ready((made) => made + 1)).toBe(8);

  // An unhandled rejection would fail this file.
  const broken = loadAhead("xdrain/http", TWO, () => Promise.reject(new Error("broken inside")));
  await new Promise((turn) => setImmediate(turn));
  await expect(broken(() => {})).rejects.toThrow("broken inside");
});
