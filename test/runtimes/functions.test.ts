import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const FILES = ["http", "lambda", "worker"].flatMap((folder) =>
  readdirSync(`functions/${folder}`)
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `functions/${folder}/${name}`),
);

test.each(FILES)("%s only wires: at most 64 lines", (file) => {
  expect(readFileSync(file, "utf8").trimEnd().split("\n").length).toBeLessThanOrEqual(64);
});

test("nothing in the runtimes reads an environment", () => {
  const files = readdirSync("src/runtimes", { recursive: true, encoding: "utf8" });
  for (const name of files.filter((name) => name.endsWith(".ts"))) {
    const code = readFileSync(`src/runtimes/${name}`, "utf8").replaceAll(/^ *(?:\*|\/\/).*$/gm, "");
    expect(code, name).not.toMatch(/process\.|Deno\.|\benv\./);
  }
});
