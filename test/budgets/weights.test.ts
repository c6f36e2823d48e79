import { expect, test } from "vitest";
import { weigh } from "../../bench/costs/weights.ts";

const KB = 1_024;

test("the bundles of the library, the Worker and the Lambda function stay within their weights", async () => {
  const { coreAndRest, worker, lambda } = await weigh();
  expect(coreAndRest / KB).toBeLessThanOrEqual(41.5);
  expect(worker / KB).toBeLessThanOrEqual(77);
  expect(lambda / KB).toBeLessThanOrEqual(88);
});
