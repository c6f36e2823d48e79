import { expect, test } from "vitest";
import { HELP, readOptions } from "../../demo/options.ts";

test.each([
  [[], { run: { kind: "own", embedded: false }, serve: false }],
  [["--serve"], { run: { kind: "own", embedded: false }, serve: true }],
  [["--embedded"], { run: { kind: "own", embedded: true }, serve: false }],
  [["--redis", "redis://host"], { run: { kind: "tcp", url: "redis://host" }, serve: false }],
  [
    ["--rest", "https://host", "t"],
    { run: { kind: "rest", url: "https://host", token: "t" }, serve: false },
  ],
  [["--help"], { help: true }],
  [["--rest", "https://host"], { mistake: expect.stringContaining("token") }],
  [["--redis", "redis://host", "--embedded"], { mistake: expect.stringContaining("one of") }],
  [["redis://host"], { mistake: expect.stringContaining("redis://host") }],
  [["--docker"], { mistake: expect.stringContaining("--docker") }],
])("the command line %j is understood", (args, asked) => {
  expect(readOptions(args)).toEqual(asked);
});

test("the help fits a terminal of 80 columns", () => {
  expect(Math.max(...HELP.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
});
