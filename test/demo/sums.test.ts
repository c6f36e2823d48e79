import { expect, test } from "vitest";
import {
  countFailingOnce,
  countOf,
  expectedResults,
  planDeliveries,
} from "../../demo/deliveries.ts";
import { NOTHING, type Totals } from "../../demo/reports.ts";
import { mismatches, type Outcome } from "../../demo/sums.ts";
import { describeMismatches } from "../../demo/table.ts";
import type { InboxDelivery } from "../../functions/inbox/queue.ts";
import type { DeadLetter } from "../../src/index.ts";
import { EMPTY } from "../support/depth.ts";

const plan = await planDeliveries("secret");
const expected = expectedResults(plan);
const always = plan.deliveries.find(({ delivery }) => delivery === plan.faults.always);
const dead = { payload: always } as DeadLetter<InboxDelivery>;

/** What a run in which all went well looks like, shared by two runtimes. */
function sound(): Outcome {
  const results = new Map(expected);
  results.delete(plan.faults.always ?? "");
  const first: Totals = { ...NOTHING, passes: 9, completed: 100, duplicates: 8, retried: 3 };
  const second: Totals = {
    ...NOTHING,
    passes: 9,
    completed: plan.deliveries.length - 1 - first.completed,
    duplicates: countOf(plan, "again") - first.duplicates,
    retried: countFailingOnce(plan) + 4 - first.retried,
    dead: 1,
  };
  return {
    plan,
    answers: {
      first: { 202: countOf(plan, "first") },
      again: { 202: countOf(plan, "again") },
      forged: { 401: countOf(plan, "forged") },
      malformed: { 400: countOf(plan, "malformed") },
    },
    passes: [first, second],
    kicked: { afterMs: 40, passes: [{ ...NOTHING, passes: 1, completed: 1 }] },
    overtaken: 90,
    delays: {
      waited: plan.ways.delayed.length,
      cancelled: true,
      lateness: new Map(plan.ways.delayed.map(({ delivery }) => [delivery, 80])),
    },
    found: {
      depth: { ...EMPTY, dead: 1 },
      dead: [dead],
      results,
      consumers: ["xd:suspects"],
      keys: [],
    },
    maxFailures: 5,
    expectedResults: expected,
  };
}

function withPass(outcome: Outcome, change: Partial<Totals>): Outcome {
  const [first = NOTHING, ...others] = outcome.passes;
  return { ...outcome, passes: [{ ...first, ...change }, ...others] };
}

function withFound(outcome: Outcome, change: Partial<Outcome["found"]>): Outcome {
  return { ...outcome, found: { ...outcome.found, ...change } };
}

const without = (results: ReadonlyMap<string, unknown>) => new Map([...results].slice(1));
const changed = (results: ReadonlyMap<string, unknown>) =>
  new Map([...results].map(([id, text], i) => [id, i === 0 ? "something else" : text]));

test("a run in which all went well has no wrong sum", () => {
  expect(mismatches(sound())).toEqual([]);
  expect(describeMismatches([])).toBeUndefined();
});

const answers = (change: Partial<Outcome["answers"]>) => (outcome: Outcome) => ({
  ...outcome,
  answers: { ...outcome.answers, ...change },
});
const delays = (change: Partial<Outcome["delays"]>) => (outcome: Outcome) => ({
  ...outcome,
  delays: { ...outcome.delays, ...change },
});
const depth = (change: object) => (outcome: Outcome) =>
  withFound(outcome, { depth: { ...outcome.found.depth, ...change } });

test.each<[string, (outcome: Outcome) => Outcome]>([
  ["a webhook without an answer", answers({ first: { 202: countOf(plan, "first") - 1, 0: 1 } })],
  [
    "a webhook that was not stored",
    answers({ first: { 202: countOf(plan, "first") - 1, 503: 1 } }),
  ],
  ["a forged webhook that was stored", answers({ forged: { 401: 3, 202: 1 } })],
  ["a malformed webhook that was stored", answers({ malformed: { 400: 3, 202: 1 } })],
  ["a delivery that was lost", (it) => withPass(it, { completed: 99 })],
  ["a delivery that was done twice", (it) => withPass(it, { completed: 101 })],
  [
    "a duplicate that was run as if it were new",
    (it) => withPass(it, { completed: 101, duplicates: 7 }),
  ],
  ["a retry that nobody planned", (it) => withPass(it, { retried: 4 })],
  ["a second dead letter", (it) => withPass(it, { completed: 99, dead: 1 })],
  ["a payload that vanished", (it) => withPass(it, { lostPayloads: 1 })],
  ["a result that is not there", (it) => withFound(it, { results: without(it.found.results) })],
  ["a result that is wrong", (it) => withFound(it, { results: changed(it.found.results) })],
  ["a dead letter that is not kept", (it) => withFound(it, { dead: [] })],
  [
    "a dead letter that is another delivery",
    (it) => withFound(it, { dead: [{ ...dead, payload: plan.deliveries[0] }] }),
  ],
  ["a message left in the stream", depth({ entries: 1 })],
  ["a message left for later", depth({ delayed: 1 })],
  [
    "a cancelled delivery that was worked on",
    (it) =>
      withFound(it, { results: new Map([...it.found.results, [plan.cancelled.delivery, ""]]) }),
  ],
  [
    "a kick that came to nothing",
    (it) => ({ ...it, kicked: { ...it.kicked, afterMs: undefined } }),
  ],
  [
    "a delivery that a tick did, not its kick",
    (it) => ({ ...it, kicked: { afterMs: 9, passes: [] } }),
  ],
  ["urgent deliveries that overtook nobody", (it) => ({ ...it, overtaken: 0 })],
  ["a delivery that was not delayed", delays({ waited: plan.ways.delayed.length - 1 })],
  ["a delayed delivery that never came", delays({ lateness: new Map() })],
  [
    "a delayed delivery that came too early",
    (it) => delays({ lateness: new Map([...it.delays.lateness].map(([id]) => [id, -1])) })(it),
  ],
  ["a delivery that could not be cancelled", delays({ cancelled: false })],
  ["a message left in flight", depth({ inFlight: 1 })],
  ["a message left waiting", depth({ parked: 1 })],
  ["a consumer that a pass left", (it) => withFound(it, { consumers: ["xd:abc"] })],
])("the sums show %s", (_, damage) => {
  const wrong = mismatches(damage(sound()));
  expect(wrong.length).toBeGreaterThan(0);
  for (const { what } of wrong) expect(describeMismatches(wrong)).toContain(what);
});
