import type { Delays } from "./delay.ts";
import { countFailingOnce, countOf, type Plan } from "./deliveries.ts";
import type { KeyGroup } from "./look.ts";
import { addUp, type Totals } from "./reports.ts";
import type { Runtime } from "./runtime.ts";
import type { Outcome, Sum } from "./sums.ts";

// Everything that is printed when the work is over. Lines stay within 80 columns.

/** How far the work is, in one line. */
export function progressLine(
  { sent, of }: { readonly sent: number; readonly of: number },
  byRuntime: ReadonlyMap<Runtime, Totals>,
): string {
  const { completed, retried } = addUp([...byRuntime.values()]);
  const shares = [...byRuntime].map(([{ name }, totals]) => `${name} ${totals.completed}`);
  return `  ${sent}/${of} sent, ${completed} done (${shares.join(", ")}), ${retried} retried`;
}

/** What is about to be sent. */
export function describePlan(plan: Plan): string {
  const { requests, waiting, ways } = plan;
  const bad = countOf(plan, "forged") + countOf(plan, "malformed");
  return [
    `GitHub's ${plan.deliveries.length} examples of ${plan.events} events come in three ways:`,
    "  - One is sent with a wake: it asks for a pass at once. No schedule ticks yet.",
    `  - ${requests.length} webhooks, ${countOf(plan, "again")} of them for the second time, ${bad} forged or broken. After`,
    `    the first ${waiting.length} come ${ways.urgent.length} urgent ones, for a queue that goes first.`,
    `  - ${ways.delayed.length} are sent to be handled seconds later, and one that is cancelled.`,
    "Each function makes short passes over both queues, as a schedule would start",
    "them.",
  ].join("\n");
}

const LABEL = 29;
const NUMBER = 6;

function line(label: string, value: number, note = ""): string {
  return `  ${label.padEnd(LABEL)}${String(value).padStart(NUMBER)}${note === "" ? "" : `   ${note}`}`;
}

/** What was sent, and what became of it. */
export function describeWork(outcome: Outcome, byRuntime: ReadonlyMap<Runtime, Totals>): string {
  const { plan, answers, passes, maxFailures } = outcome;
  const all = addUp(passes);
  const refused = (intent: "forged" | "malformed", status: number) => answers[intent][status] ?? 0;
  const accepted = (answers.first[202] ?? 0) + (answers.again[202] ?? 0);
  return [
    line("Webhooks sent", plan.requests.length, `${countOf(plan, "again")} of them a second time`),
    line("  refused: signature", refused("forged", 401), "answered with 401, never stored"),
    line("  refused: malformed", refused("malformed", 400), "answered with 400, never stored"),
    line("  accepted and stored", accepted, "answered with 202"),
    "",
    ...describeOrder(outcome),
    "",
    line("Accepted or sent directly", accepted + 1 + plan.ways.delayed.length),
    line("  completed", all.completed, `of ${plan.deliveries.length} deliveries`),
    ...[...byRuntime].map(([runtime, totals]) =>
      line(`    by the ${runtime.name}`, totals.completed, `in ${count(totals.passes, "pass")}`),
    ),
    line("  duplicates, not run again", all.duplicates, "same delivery id, done already"),
    line("  dead letters", all.dead, `failed ${maxFailures} times, kept to look at`),
    "",
    line("Retried", all.retried, `${countFailingOnce(plan)} failed once, one failed always`),
    line("Put off for a moment", all.deferred, "its twin was being worked on"),
    ...perMessage(all),
  ].join("\n");
}

/** What a producer may ask for: at once, before others, later, or not at all any more. */
function describeOrder({ plan, kicked, overtaken, delays }: Outcome): string[] {
  const { delayed, urgent } = plan.ways;
  const soon =
    kicked.afterMs === undefined ? "never done" : `done in ${kicked.afterMs} ms, by its kick alone`;
  return [
    line("Sent with a wake", 1, soon),
    line(
      "Urgent",
      urgent.length,
      `overtook ${overtaken} of ${plan.waiting.length} that came before`,
    ),
    line("Delayed", delayed.length, describeLateness(delays)),
    line("  and one more, cancelled", 1, "never worked on"),
  ];
}

function describeLateness({ lateness }: Delays): string {
  const all = [...lateness.values()];
  const early = all.filter((ms) => ms < 0).length;
  const latest = (Math.max(0, ...all) / 1_000).toFixed(1);
  return `${early === 0 ? "none" : early} early, at most ${latest} s late`;
}

function perMessage(all: Totals): string[] {
  const messages = all.completed + all.duplicates + all.dead;
  if (messages === 0) return [];
  const per = (value: number) => `${(value / messages).toFixed(2)} a message, idle passes included`;
  return [
    line("Requests to Redis for that", all.requests, per(all.requests)),
    line("Redis commands for that", all.commands, per(all.commands)),
  ];
}

function count(number: number, word: string): string {
  const plural = word.endsWith("s") ? `${word}es` : `${word}s`;
  return `${number} ${number === 1 ? word : plural}`;
}

const MEANINGS: Readonly<Record<string, string>> = {
  streams: "empty, with a consumer group each",
  dead: "the dead letter",
  keys: "which deliveries are done",
  results: "what the handler returned",
  sent: "requests, lest one repeats",
  state: "what passes agreed on",
  parked: "messages that wait",
  crashes: "deaths of passes",
  kicked: "somebody has kicked just now",
  stats: "counters of all passes",
  journal: "what the latest passes did",
};

/** What is left in Redis when there is nothing to do. */
export function describeKeys(keys: readonly KeyGroup[], consumers: readonly string[]): string {
  const names = [...new Set(consumers)].join(", ");
  return [
    "  Left in Redis:",
    ...keys.map(({ name, type, count: number, expiresInMs }) => {
      const stays = expiresInMs === undefined ? "stays" : `expires in ${roughly(expiresInMs)}`;
      const what = `${String(number).padStart(5)} ${type}`.padEnd(14);
      return `  ${what}${name.padEnd(11)}${stays.padEnd(18)}${MEANINGS[name] ?? ""}`;
    }),
    `  ${String(consumers.length).padStart(5)} ${consumers.length === 1 ? "consumer" : "consumers"}${
      consumers.length === 0 ? ": passes leave none behind" : `: ${names}`
    }`,
  ].join("\n");
}

function roughly(ms: number): string {
  if (ms < 120_000) return `${Math.ceil(ms / 1_000)} s`;
  if (ms < 2 * 3_600_000) return `${Math.ceil(ms / 60_000)} min`;
  return `${Math.ceil(ms / 3_600_000)} h`;
}

/** What did not add up, or undefined where everything did. */
export function describeMismatches(wrong: readonly Sum[]): string | undefined {
  if (wrong.length === 0) return undefined;
  return [
    "  These sums are wrong:",
    ...wrong.map(
      ({ what, expected, actual }) => `  - ${what}: expected ${expected}, got ${actual}`,
    ),
  ].join("\n");
}

/** Where the dashboard is, or how to get one. */
export function describeServing(dashboard?: {
  readonly url: string;
  readonly token: string;
}): string {
  if (dashboard === undefined) {
    return "  To look around in it: npm run demo -- --serve keeps it running, with a dashboard.";
  }
  return [
    `  Dashboard     ${dashboard.url}`,
    `  Sign in with  ${dashboard.token}`,
    "  It serves until you stop it with Ctrl-C; then everything of it is removed.",
  ].join("\n");
}
