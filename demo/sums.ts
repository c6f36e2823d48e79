import type { Delays } from "./delay.ts";
import { countFailingOnce, countOf, type Plan } from "./deliveries.ts";
import type { Kicked } from "./kick.ts";
import type { Findings } from "./look.ts";
import { addUp, type Totals } from "./reports.ts";
import type { Intent } from "./requests.ts";
import type { Answers } from "./send.ts";

/** Everything that a run of the demo can be judged by. */
export interface Outcome {
  readonly plan: Plan;
  readonly answers: Answers;
  /** The totals of each runtime. */
  readonly passes: readonly Totals[];
  readonly kicked: Kicked;
  /** Older ordinary deliveries that nobody had begun when the last urgent one was. */
  readonly overtaken: number;
  readonly delays: Delays;
  readonly found: Findings;
  readonly maxFailures: number;
  /** What the handler returns for a delivery, worked out here. */
  readonly expectedResults: ReadonlyMap<string, unknown>;
}

/** One thing that has to be so. */
export interface Sum {
  readonly what: string;
  readonly expected: number;
  readonly actual: number;
}

const SUSPECTS = "xd:suspects";

/** Compares what was sent, what the functions reported, and what Redis says. */
export function sumsOf(outcome: Outcome): readonly Sum[] {
  return [
    ...sumsOfSending(outcome),
    ...sumsOfOrder(outcome),
    ...sumsOfWork(outcome),
    ...sumsOfRedis(outcome),
  ];
}

/** The sums that are wrong: with any, something was lost, run twice, or counted wrong. */
export function mismatches(outcome: Outcome): readonly Sum[] {
  return sumsOf(outcome).filter(({ expected, actual }) => expected !== actual);
}

function sumsOfSending({ plan, answers }: Outcome): Sum[] {
  const answered = (intent: Intent, status: number) => ({
    expected: countOf(plan, intent),
    actual: answers[intent][status] ?? 0,
  });
  return [
    { what: "webhooks accepted (202)", ...answered("first", 202) },
    { what: "webhooks accepted a second time (202)", ...answered("again", 202) },
    { what: "forged webhooks refused (401)", ...answered("forged", 401) },
    { what: "malformed webhooks refused (400)", ...answered("malformed", 400) },
  ];
}

function sumsOfOrder({ plan, kicked, overtaken, delays }: Outcome): Sum[] {
  const { delayed, urgent } = plan.ways;
  const lateness = [...delays.lateness.values()];
  return [
    { what: "kicked deliveries done", expected: 1, actual: kicked.afterMs === undefined ? 0 : 1 },
    { what: "passes made by the kick, and no other", expected: 1, actual: kicked.passes.length },
    {
      what: "urgent deliveries begun while older ordinary ones waited",
      expected: urgent.length,
      actual: overtaken > 0 ? urgent.length : 0,
    },
    { what: "delayed deliveries that waited", expected: delayed.length, actual: delays.waited },
    { what: "delayed deliveries done", expected: delayed.length, actual: lateness.length },
    {
      what: "delayed deliveries done before they were due",
      expected: 0,
      actual: lateness.filter((ms) => ms < 0).length,
    },
    { what: "delayed deliveries cancelled", expected: 1, actual: delays.cancelled ? 1 : 0 },
  ];
}

function sumsOfWork({ plan, answers, passes, maxFailures }: Outcome): Sum[] {
  const all = addUp(passes);
  const accepted = Object.values(answers).reduce((sum, counts) => sum + (counts[202] ?? 0), 0);
  const sent = accepted + 1 + plan.ways.delayed.length;
  return [
    {
      what: "accepted, kicked and delayed = completed + duplicates + dead",
      expected: sent,
      actual: all.completed + all.duplicates + all.dead,
    },
    {
      what: "deliveries completed, each once",
      expected: plan.deliveries.length - 1,
      actual: all.completed,
    },
    { what: "duplicates not run again", expected: countOf(plan, "again"), actual: all.duplicates },
    {
      what: "retries: one for each that fails once, all for the one that always fails",
      expected: countFailingOnce(plan) + maxFailures - 1,
      actual: all.retried,
    },
    { what: "dead letters reported", expected: 1, actual: all.dead },
    { what: "payloads lost", expected: 0, actual: all.lostPayloads },
  ];
}

function sumsOfRedis({ plan, found, expectedResults }: Outcome): Sum[] {
  const right = plan.deliveries.filter(({ delivery }) => {
    const result = found.results.get(delivery);
    return result !== undefined && result === expectedResults.get(delivery);
  });
  const dead = found.dead.filter(({ payload }) => payload?.delivery === plan.faults.always);
  const strangers = found.consumers.filter((consumer) => consumer !== SUSPECTS);
  const { entries, inFlight, parked, delayed } = found.depth;
  return [
    {
      what: "results in Redis that are right",
      expected: plan.deliveries.length - 1,
      actual: right.length,
    },
    { what: "dead letters in Redis", expected: 1, actual: found.dead.length },
    { what: "dead letters that are the one meant to be", expected: 1, actual: dead.length },
    { what: "messages left in the stream", expected: 0, actual: entries },
    { what: "messages left in flight", expected: 0, actual: inFlight },
    { what: "messages left waiting for a retry", expected: 0, actual: parked },
    { what: "messages left for later", expected: 0, actual: delayed },
    {
      what: "cancelled deliveries worked on",
      expected: 0,
      actual: found.results.has(plan.cancelled.delivery) ? 1 : 0,
    },
    { what: "consumers left by passes", expected: 0, actual: strangers.length },
  ];
}
