import { expect, test } from "vitest";
import { countFailingOnce, countOf, planDeliveries } from "../../demo/deliveries.ts";
import { failsOnce, parseFaults } from "../../functions/inbox/faults.ts";
import { signedBy } from "../../functions/inbox/signature.ts";

const plan = await planDeliveries("secret");

test("all of GitHub's published examples are sent, each under an id of its own", () => {
  expect(plan.deliveries).toHaveLength(329);
  expect(plan.events).toBe(58);
  expect(new Set(plan.deliveries.map(({ delivery }) => delivery)).size).toBe(329);
});

test("about a tenth is sent twice, later and byte for byte the same, and none that fails", () => {
  const again = plan.requests.filter(({ intent }) => intent === "again");
  expect(again.length).toBeGreaterThan(25);
  for (const request of again) {
    const id = request.headers["x-github-delivery"] ?? "";
    const first = plan.requests.find(({ headers }) => headers["x-github-delivery"] === id);
    expect(first).toEqual({ ...request, intent: "first" });
    expect(id).not.toBe(plan.faults.always);
    expect(failsOnce(plan.faults, id)).toBe(false);
  }
});

test("what is meant to be stored is signed, what is forged is not", async () => {
  for (const { intent, headers, body } of plan.requests) {
    const valid = await signedBy("secret", body, headers["x-hub-signature-256"] ?? null);
    expect(valid).toBe(intent !== "forged");
  }
});

test("the functions are told the plan that the sums go by", () => {
  expect(parseFaults(plan.faultsText)).toEqual(plan.faults);
  expect(plan.deliveries.some(({ delivery }) => delivery === plan.faults.always)).toBe(true);
  expect(countFailingOnce(plan)).toBeGreaterThan(20);
  expect(countOf(plan, "forged") + countOf(plan, "malformed")).toBe(8);
});
