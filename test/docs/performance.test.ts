import { expect, test } from "vitest";
import { staleFiles } from "../../bench/page/publish.ts";
import { DOCS } from "../../bench/results.ts";

test("the page of measurements and its charts are what `npm run bench -- --report` writes from the results", () => {
  expect(staleFiles(DOCS)).toEqual([]);
});
