import type { Facts } from "../facts.ts";
import type { Check, Finding } from "../finding.ts";
import { counted, length, xdrain } from "../words.ts";

/** Schedules tick every minute at the least; one that was missed is no trouble yet. */
const LATE_MS = 300_000;

/** Passes that do not come, or that may not do anything. */
export const checkPasses: Check = (facts) => {
  const { stats } = facts;
  const own = facts.groups.find(({ own }) => own);
  if (stats === undefined || own?.drained === false) return [];
  return stats.paused ? paused(facts) : stopped(facts);
};

function paused(facts: Facts): Finding[] {
  const { stats, queue } = facts;
  return [
    {
      id: "paused",
      severity: "warning",
      group: queue.group,
      what: `The queue is paused; ${waits(stats?.ready ?? 0)}.`,
      why: "Passes claim nothing until somebody lets it go on.",
      mend: xdrain(facts, "resume"),
    },
  ];
}

function stopped(facts: Facts): Finding[] {
  const { stats, queue, server } = facts;
  const longest = Math.max(stats?.oldestReadyAgeMs ?? 0, overdueFor(facts));
  if (stats === undefined || longest < LATE_MS || isAtWork(facts)) return [];
  const last = stats.lastPassAt?.getTime();
  if (last !== undefined && server.now - last < LATE_MS) return [];
  const since =
    last === undefined
      ? "no pass has told of itself (with `statistics: false` none does)"
      : `the last pass ended ${length(server.now - last)} ago`;
  const what =
    stats.ready > 0
      ? waits(stats.ready)
      : `messages have been due for ${length(overdueFor(facts))}`;
  return [
    {
      id: "no-passes",
      severity: last === undefined ? "warning" : "problem",
      group: queue.group,
      what: `${what[0]?.toUpperCase()}${what.slice(1)}, and ${since}.`,
      why: "Nothing is handed out between passes: the schedule that calls the function has stopped, or its calls fail.",
      mend: `${xdrain(facts, "drain")} …  # and see that the function is called: xdrain schedule ls`,
    },
  ];
}

function waits(count: number): string {
  return `${counted(count, "message waits", "messages wait")}`;
}

/** How long what is due first has been due, of parked and of delayed messages. */
function overdueFor({ waiting, server }: Facts): number {
  const due = [waiting.parkedDueAt, waiting.delayedDueAt].filter((at) => at !== undefined);
  return due.length === 0 ? 0 : server.now - Math.min(...due);
}

/** A pass under way shows as a consumer, and between two looks the group gets on. */
function isAtWork({ groups, later }: Facts): boolean {
  const own = groups.find(({ own }) => own);
  if (own === undefined) return false;
  const after = later?.groups.get(own.name);
  if (after !== undefined && after.lastDelivered !== own.lastDelivered) return true;
  return own.consumerList?.some(({ kind, idleMs }) => kind === "pass" && idleMs < LATE_MS) ?? false;
}
