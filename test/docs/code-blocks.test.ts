import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const PAGES = [
  "README.md",
  "docs/guide.md",
  "docs/design.md",
  "docs/invoking.md",
  "docs/waking-eventbridge.md",
  "docs/sending.md",
  "docs/moving-over.md",
  "docs/choosing.md",
  "docs/holding-back.md",
  "docs/kicking.md",
  "docs/priorities.md",
  "docs/statistics.md",
  "docs/monitoring.md",
  "docs/dashboard.md",
  "docs/packages.md",
  "CONTRIBUTING.md",
];

/** The TypeScript blocks of a page, in order. */
function codeBlocks(page: string): string[] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? "");
}

/** Where each entry of the package has its source, from package.json itself. */
function sources(): Record<string, string[]> {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    exports: Record<string, { default: string }>;
  };
  return Object.fromEntries(
    Object.entries(exports).map(([entry, { default: file }]) => [
      `xdrain${entry.slice(1)}`,
      [join(root, file.replace("./dist/", "src/").replace(/\.js$/, ".ts"))],
    ]),
  );
}

/** A folder in the checkout, so that the packages of the blocks are found. */
function scratchFolder(): string {
  mkdirSync(join(root, ".cache"), { recursive: true });
  const folder = mkdtempSync(join(root, ".cache", "docs-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("every TypeScript block of the README and the docs compiles", () => {
  const folder = scratchFolder();
  const blocks = PAGES.flatMap((page) => codeBlocks(page).map((code, i) => ({ page, code, i })));
  expect(blocks.length).toBeGreaterThanOrEqual(6);
  for (const { page, code, i } of blocks) {
    const name = `${page.replaceAll(/\W/g, "-")}-${i + 1}.ts`;
    writeFileSync(join(folder, name), `${code}\nexport {};\n`);
  }
  const config = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: { paths: sources(), lib: ["ES2023", "WebWorker"], types: ["node"] },
    include: ["*.ts"],
    exclude: [],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const tsc = join(root, "node_modules/.bin/tsc");
  const result = spawnSync(tsc, ["-p", folder], { encoding: "utf8" });
  expect(result.stdout + result.stderr).toBe("");
  expect(result.status).toBe(0);
});

test.each([
  ["README.md", "iPhone", "shipping { item: 'iPhone 15' }\n1 0 0\n"],
  ["docs/guide.md", "emails", ""],
  ["docs/moving-over.md", "orders_dlq", /^declined .*\nfailed .*\n$/s],
])("the block of %s about %s runs, and prints what it says", (page, about, expected) => {
  const folder = scratchFolder();
  const code = codeBlocks(page).find((block) => block.includes(about));
  let runnable = code ?? expect.fail("The block is gone.");
  for (const [entry, [file]] of Object.entries(sources())) {
    runnable = runnable.replaceAll(`from "${entry}"`, `from ${JSON.stringify(file)}`);
  }
  const file = join(folder, "block.ts");
  writeFileSync(file, runnable);
  const result = spawnSync(process.execPath, [file], { encoding: "utf8" });
  expect(result.stderr).toBe("");
  if (typeof expected === "string") expect(result.stdout).toBe(expected);
  else expect(result.stdout).toMatch(expected);
  expect(result.status).toBe(0);
});

test("the README is short, and its first program begins by line ten", () => {
  const text = readFileSync(join(root, "README.md"), "utf8");
  const words = text.match(/\S*\w\S*/g) ?? []; // the bars of tables are none
  expect(words.length).toBeLessThanOrEqual(700);
  const lines = text.split("\n");
  expect(lines.findIndex((line) => line.startsWith("import "))).toBeLessThan(10);
  expect(lines.slice(0, 40).join("\n")).toContain("npm install xdrain");
  expect(text).not.toMatch(/\b(?:TODO|TBD|[A-Z]+-TIME)\b/); // a figure that was never filled in
});

test("the pictures of the README are there, each for light and for dark", () => {
  const text = readFileSync(join(root, "README.md"), "utf8");
  const shown = [...text.matchAll(/(?:srcset|src)="([^"]+)"/g)].map(([, file = ""]) => file);
  expect(shown.filter((file) => file.includes("-dark.")).length).toBe(2);
  expect(shown.length).toBe(4);
  for (const file of shown) expect(existsSync(join(root, file)), file).toBe(true);
});

test("no example contains a secret or falls back on one, in a page or in a docstring", () => {
  const docstrings = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join("src", file));
  const pages = [...PAGES, "infra/aws/README.md", "infra/cloudflare/README.md", ...docstrings];
  for (const page of pages) {
    const file = readFileSync(join(root, page), "utf8");
    const text = page.endsWith(".ts") ? (file.match(/\/\*\*.*?\*\//gs) ?? []).join("\n") : file;
    expect(text, page).not.toMatch(/(?:TOKEN|KEY|SECRET|PASSWORD)\w* *(?:\?\?|\|\|) *["'`]/);
    expect(text, page).not.toMatch(/\b(?:token|secret|key): ["'][^"']+["']/);
  }
});
