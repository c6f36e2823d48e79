import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { linksOf, missingLinks, withLinks } from "../../scripts/publication.ts";

const root = join(import.meta.dirname, "../..");
const text = readFileSync(join(root, "package.json"), "utf8");
const manifest = JSON.parse(text) as Readonly<Record<string, unknown>> & {
  readonly version: string;
  readonly keywords: readonly string[];
  readonly files: readonly string[];
};

test("the links of the package follow from one address, and stand behind its license", () => {
  const links = {
    repository: { type: "git", url: "git+https://example.com/team/queue.git" },
    homepage: "https://example.com/team/queue#readme",
    bugs: { url: "https://example.com/team/queue/issues" },
  };
  for (const end of ["", "/", ".git"]) {
    expect(linksOf(`https://example.com/team/queue${end}`)).toEqual(links);
  }
  const linked = withLinks(
    { name: "a", license: "MIT", bugs: "old", type: "module" },
    linksOf("https://example.com/team/queue"),
  );
  expect(Object.keys(linked)).toEqual([
    "name",
    "license",
    "repository",
    "homepage",
    "bugs",
    "type",
  ]);
  expect(missingLinks(linked)).toEqual([]);
  expect(missingLinks({ name: "a", homepage: "https://example.com" })).toEqual([
    "repository",
    "bugs",
  ]);
});

test.each([
  "",
  "example.com/team/queue",
  "http://example.com/a/b",
  "https://example.com/a",
  "https://me:token@example.com/a/b",
])("%j is no address of a repository", (address) => {
  expect(() => linksOf(address)).toThrow("Expected an address such as https://host/owner/name");
});

test("writing the links changes nothing else of package.json", () => {
  const linked = withLinks(manifest, linksOf("https://example.com/team/queue"));
  const { repository: _, homepage: __, bugs: ___, ...rest } = linked;
  const { repository: _1, homepage: _2, bugs: _3, ...before } = manifest;
  expect(`${JSON.stringify(rest, undefined, 2)}\n`).toBe(
    `${JSON.stringify(before, undefined, 2)}\n`,
  );
  expect(`${JSON.stringify(manifest, undefined, 2)}\n`).toBe(text);
});

test("the changelog is part of the package, and has a section for its version", () => {
  expect(manifest.files).toContain("CHANGELOG.md");
  const changelog = readFileSync(join(root, "CHANGELOG.md"), "utf8");
  expect(changelog).toMatch(
    new RegExp(`^## \\[${manifest.version.replaceAll(".", "\\.")}\\]`, "m"),
  );
});

test("each keyword is written once, in lower case", () => {
  const { keywords } = manifest;
  expect(keywords).toEqual([...new Set(keywords)].map((word) => word.toLowerCase()));
});
