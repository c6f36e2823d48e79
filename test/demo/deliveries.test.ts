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

test("each delivery comes one way: as a webhook, with a wake, or delayed", () => {
  const { ordinary, urgent, kicked, delayed } = plan.ways;
  const all = [...ordinary, ...urgent, kicked, ...delayed];
  expect(new Set(all).size).toBe(plan.deliveries.length);
  expect(all).toHaveLength(plan.deliveries.length);
  expect(delayed.length).toBeGreaterThan(10);
  for (const { delivery } of [kicked, ...delayed]) {
    expect(delivery).not.toBe(plan.faults.always);
    expect(failsOnce(plan.faults, delivery)).toBe(false);
  }
  expect(plan.deliveries.map(({ delivery }) => delivery)).not.toContain(plan.cancelled.delivery);
});

test("the urgent ones come behind ordinary ones that wait, and nothing is sent that is not in the plan", () => {
  const { requests, waiting, urgent, rest } = plan;
  expect([...waiting, ...urgent, ...rest]).toEqual(requests);
  expect(waiting.length).toBeGreaterThan(100);
  expect(urgent.length).toBe(plan.ways.urgent.length);
  for (const { headers } of urgent) expect(headers["x-github-event"]).toMatch(/alert|advisory/);
  for (const { headers } of waiting) expect(headers["x-github-event"]).not.toMatch(/_alert/);
});

test("about a tenth of the webhooks comes twice, later and byte for byte the same, and none that fails", () => {
  const again = plan.requests.filter(({ intent }) => intent === "again");
  expect(again.length).toBeGreaterThan(20);
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
