import type { DrainReport } from "../report.ts";
import type { Colours } from "./colours.ts";
import { counted, duration, fromNow, whole } from "./format.ts";
import { printable } from "./printable.ts";
import { tableLines } from "./table.ts";

const COUNTERS = [
  ["claimed", "claimed"],
  ["completed", "completed"],
  ["retried", "to be tried again"],
  ["dead", "dead letters"],
  ["duplicates", "duplicates"],
  ["deferred", "deferred"],
  ["released", "given back"],
  ["lost", "lost to another pass"],
  ["uncertain", "uncertain"],
  ["reclaimed", "of passes that died"],
  ["replayed", "received again"],
  ["repaired", "repaired"],
  ["lostPayloads", "payloads lost"],
  ["trimmedUnread", "trimmed unread"],
] as const;

const STOPPED: Readonly<Record<DrainReport["stopped"], string>> = {
  empty: "nothing is left to do",
  paused: "the queue is paused",
  limited: "a limit of the queue is reached",
  deadline: "its time is used up",
  messages: "its messages are used up",
  requests: "its requests are used up",
  aborted: "it was interrupted",
  store: "Redis failed",
};

/** A report as a person reads it. */
export function reportLines(report: DrainReport, colours: Colours, now: number): string[] {
  const { queue, stopped, elapsedMs, requests, nextDueAt, errors } = report;
  const head = `${queue}: ${STOPPED[stopped]} after ${duration(elapsedMs)} and ${counted(requests, "request")}.`;
  const counters = COUNTERS.filter(([name]) => report[name] > 0).map(
    ([name, title]) => `  ${whole(report[name]).padStart(8)} ${title}`,
  );
  return [
    colours.bold(head),
    ...counters,
    ...orphanLines(report),
    ...(report.more ? ["More is waiting: another pass would find it."] : []),
    ...(nextDueAt === undefined
      ? []
      : [`The next one is due ${fromNow(nextDueAt.getTime(), now)}.`]),
    ...(report.error === undefined ? [] : [colours.red(printable(report.error.message))]),
    ...(errors.length === 0 ? [] : ["", ...failureLines(errors, colours)]),
  ];
}

function failureLines(errors: DrainReport["errors"], colours: Colours): string[] {
  return tableLines(
    [
      { title: "MESSAGE", cell: ({ id }) => id },
      { title: "OUTCOME", cell: ({ outcome }) => outcome },
      { title: "ERROR", cell: ({ error }) => error },
    ],
    errors,
    { width: undefined, colours },
  );
}

function orphanLines({ orphans }: DrainReport): string[] {
  if (orphans === undefined) return [];
  const count = counted(
    orphans.count,
    "entry neither waits nor is",
    "entries neither wait nor are",
  );
  return [
    `${count} known to be done, from ${orphans.firstId} on: xdrain repair --orphans decides.`,
  ];
}
