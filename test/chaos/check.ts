import type { LetterReason } from "../../src/read-dead-letter.ts";
import type { Confirmation, Ledger, Run, RunEnd, SentRecord } from "./ledger.ts";
import { keyOf, mustDie } from "./plan.ts";
import { MAX_FAILURES } from "./queue.ts";

/** A dead letter as the checker needs it. */
export interface Dead {
  readonly n: number;
  readonly originalId: string;
  readonly reason: LetterReason;
}

/**
 * A time in which a primary answered and its replica did not get what it answered: Redis replicates
 * after it has answered, so a failover loses that. `from` is when the last write was sent of which
 * the replica is known to have it; `to` is when the replica was in charge.
 */
export interface ReplicationWindow {
  readonly from: number;
  readonly to: number;
}

export interface Findings {
  /** Messages whose send was confirmed. */
  readonly sent: number;
  /** Messages whose send got no answer and was not repeated: they may be there, or not. */
  readonly unconfirmed: number;
  /** … of which these are. */
  readonly unconfirmedButThere: number;
  readonly completed: number;
  readonly dead: number;
  /** Dead letters that were not meant to be: passes died with them, or ended them, too often. */
  readonly deadUnplanned: number;
  readonly runs: number;
  /** Runs that began after an earlier run of the same message which had not failed. */
  readonly repeated: number;
  /** What had become of those earlier runs. */
  readonly repeatedAfter: Readonly<Record<string, number>>;
  readonly lost: number;
  /** Sends that a failover lost inside of its replication window. */
  readonly lostInWindow: number;
  readonly violations: readonly string[];
}

/** Holds what producers and functions wrote down against what is there in the end. */
export function check(
  ledger: Ledger,
  deadLetters: readonly Dead[],
  windows: readonly ReplicationWindow[] = [],
): Findings {
  const violations: string[] = [];
  const inWindow = (at: number) => windows.some(({ from, to }) => at >= from && at <= to);
  const runsOf = groupBy(ledger.runs, ({ n }) => n);
  const deadOf = groupBy(deadLetters, ({ n }) => n);
  const sentOf = groupBy(ledger.sent, ({ n }) => n);
  const worked = (n: number) => runsOf.get(n)?.some(({ succeeded }) => succeeded) === true;

  let completed = 0;
  let dead = 0;
  let lost = 0;
  let lostInWindow = 0;
  for (const [n, records] of sentOf) {
    if (worked(n)) completed += 1;
    else if (deadOf.has(n)) dead += 1;
    else if (records.every(({ at }) => inWindow(at))) lostInWindow += 1;
    else {
      lost += 1;
      violations.push(`lost: message ${n}, sent as ${describeSends(records)}`);
    }
  }

  const unconfirmed = [...ledger.tried].filter((n) => !sentOf.has(n));
  checkConfirmations(ledger, inWindow, violations);
  checkDead(ledger, deadLetters, inWindow, violations);
  const repeats = countRepeats(runsOf);
  return {
    sent: sentOf.size,
    unconfirmed: unconfirmed.length,
    unconfirmedButThere: unconfirmed.filter((n) => runsOf.has(n) || deadOf.has(n)).length,
    completed,
    dead,
    deadUnplanned: deadLetters.filter(({ n }) => !mustDie(n)).length,
    runs: ledger.runs.length,
    repeated: repeats.total,
    repeatedAfter: repeats.after,
    lost,
    lostInWindow,
    violations,
  };
}

function describeSends(records: readonly SentRecord[]): string {
  return records.map(({ id, at }) => `${id} (confirmed at ${at})`).join(", ");
}

/** What the store confirmed as completed is over: it is never handed out or completed again. */
function checkConfirmations(
  ledger: Ledger,
  inWindow: (at: number) => boolean,
  violations: string[],
): void {
  const nOf = new Map<string, number>();
  for (const { n, id } of ledger.sent) nOf.set(id, n);
  for (const { n, id } of ledger.runs) nOf.set(id, n);
  const byId = new Map<string, Confirmation>();
  const byKey = new Map<number, Confirmation>();
  for (const confirmation of ledger.confirmations) {
    const { id, at } = confirmation;
    if (inWindow(at)) continue;
    if (byId.has(id)) violations.push(`completed twice: ${id}`);
    byId.set(id, confirmation);
    const n = nOf.get(id);
    if (n === undefined || keyOf(n) === undefined) continue;
    const first = byKey.get(n);
    if (first !== undefined && first.id !== id) {
      violations.push(`key of message ${n} completed twice: ${first.id} and ${id}`);
    }
    if (first === undefined || at < first.at) byKey.set(n, confirmation);
  }
  for (const run of ledger.runs) {
    const own = byId.get(run.id);
    if (own !== undefined && (run.delivery > own.delivery || run.askedAt > own.at)) {
      violations.push(`${describeRun(run)} after it was completed at ${own.at}`);
    }
    const other = byKey.get(run.n);
    if (other !== undefined && other.id !== run.id && run.askedAt > other.at) {
      violations.push(`${describeRun(run)} after its key was completed at ${other.at}`);
    }
  }
}

function describeRun({ n, id, delivery, askedAt }: Run): string {
  return `message ${n} (${id}, delivery ${delivery}) was handed out at ${askedAt}`;
}

/** Exactly those are dead that are meant to be, each once, and nothing that was completed. */
function checkDead(
  ledger: Ledger,
  deadLetters: readonly Dead[],
  inWindow: (at: number) => boolean,
  violations: string[],
): void {
  const confirmed = new Map(ledger.confirmations.map((found) => [found.id, found]));
  const failures = countFailures(ledger.runs);
  const seen = new Set<string>();
  for (const { n, originalId, reason } of deadLetters) {
    if (seen.has(originalId)) violations.push(`two dead letters of ${originalId}`);
    seen.add(originalId);
    const done = confirmed.get(originalId);
    if (done !== undefined && !inWindow(done.at)) {
      violations.push(`${originalId} is completed and a dead letter`);
    }
    if (mustDie(n) || reason === "crashed") continue;
    const spent = failures.get(originalId) ?? 0;
    if (reason !== "failed" || spent < MAX_FAILURES) {
      violations.push(`message ${n} is dead: ${reason}, after ${spent} failures`);
    }
  }
  for (const { n, id } of ledger.runs.filter(({ succeeded }) => succeeded)) {
    if (mustDie(n)) violations.push(`message ${n} (${id}) must fail, and worked`);
  }
}

/** How often each message failed; a run that its pass had to end is a failure too. */
function countFailures(runs: readonly Run[]): ReadonlyMap<string, number> {
  const failures = new Map<string, number>();
  for (const { id, end } of runs) {
    if (end === "failed" || end === "aborted") failures.set(id, (failures.get(id) ?? 0) + 1);
  }
  return failures;
}

const AFTER: Readonly<Record<Exclude<RunEnd, "failed">, string>> = {
  open: "killed in the handler",
  worked: "killed before it was settled",
  aborted: "pass out of time",
  confirmed: "completed, which a failover forgot",
  "lease lost": "lease lost",
  unanswered: "no answer to the settle",
};

function countRepeats(runsOf: ReadonlyMap<number, readonly Run[]>) {
  const after: Record<string, number> = {};
  let total = 0;
  for (const runs of runsOf.values()) {
    if (runs.length < 2) continue;
    let before: RunEnd | undefined;
    for (const { end } of [...runs].sort((a, b) => a.startedAt - b.startedAt)) {
      if (before !== undefined) {
        total += 1;
        const what = AFTER[before as Exclude<RunEnd, "failed">];
        after[what] = (after[what] ?? 0) + 1;
      }
      if (end !== "failed") before = end;
    }
  }
  return { total, after };
}

function groupBy<T>(items: readonly T[], keyOfItem: (item: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const key = keyOfItem(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
