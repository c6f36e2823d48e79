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
      what: `The queue is paused; ${counted(stats?.ready ?? 0, "message")} wait.`,
      why: "Passes claim nothing until somebody lets it go on.",
      mend: xdrain(facts, "resume"),
    },
  ];
}

function stopped(facts: Facts): Finding[] {
  const { stats, queue, server } = facts;
  const age = stats?.oldestReadyAgeMs ?? 0;
  if (stats === undefined || stats.ready === 0 || age < LATE_MS) return [];
  const last = stats.lastPassAt?.getTime();
  if (last !== undefined && server.now - last < LATE_MS) return [];
  const since =
    last === undefined
      ? "no pass is known"
      : `the last pass ended ${length(server.now - last)} ago`;
  return [
    {
      id: "no-passes",
      severity: "problem",
      group: queue.group,
      what: `${counted(stats.ready, "message")} wait, and ${since}.`,
      why: "Nothing is handed out between passes: the schedule that calls the function has stopped, or its calls fail.",
      mend: `${xdrain(facts, "drain")} …  # and see that the function is called: xdrain schedule ls`,
    },
  ];
}
