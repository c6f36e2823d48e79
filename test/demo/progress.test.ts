import { expect, test } from "vitest";
import { showProgress } from "../../demo/progress.ts";

test("progress overwrites its line on a terminal only", () => {
  const written: string[] = [];
  const output = { isTTY: true, write: (text: string) => written.push(text) };
  showProgress(output, () => "x").stop();
  expect(written).toEqual(["\r\u001b[K"]);
  written.length = 0;
  showProgress({ ...output, isTTY: false }, () => "x").stop();
  expect(written).toEqual([]);
});
