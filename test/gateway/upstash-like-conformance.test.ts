import { afterAll, expect, test } from "vitest";
import { conformance } from "../conformance/suite.ts";
import { upstashLikeTarget } from "../conformance/targets.ts";

let draws = 0;
/** Every third draw is below a third. */
function random(): number {
  draws += 1;
  return (draws % 3) / 3;
}

let flagged = 0;
const { fetch } = globalThis;
globalThis.fetch = (input, init) => {
  if (String(init?.body).includes("flags=allow-key-locking")) flagged += 1;
  return fetch(input, init);
};
afterAll(() => {
  globalThis.fetch = fetch;
});

conformance(() =>
  upstashLikeTarget({ pendingLimit: 1000, unknownScripts: 0.3, staleReads: 0.3, random }),
);

test("scripts went out with the flag for key locking, and again when they were not known", () => {
  expect(draws).toBeGreaterThan(100);
  expect(flagged).toBeGreaterThan(draws / 4);
});
