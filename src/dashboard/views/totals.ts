import type { Totals } from "../../statistics.ts";
import { type Html, number } from "../format.ts";
import { table } from "../table.ts";

const MEANINGS: Readonly<Record<keyof Totals, string>> = {
  completed: "Completed",
  retried: "Failed, and tried again",
  dead: "Made dead letters",
  duplicates: "Not repeated: their key was done",
  deferred: "Put off: their key was being worked on",
  released: "Given back unstarted",
  lost: "Lost to another pass before they were settled",
  uncertain: "Settled, perhaps: the answer was lost",
  reclaimed: "Taken from dead passes",
  replayed: "Claimed again after a lost answer",
  lostPayloads: "Payloads removed from outside",
  trimmedUnread: "Looks that found unread entries trimmed",
  passes: "Passes",
  requests: "Requests to the store",
  commands: "Redis commands",
};

/** Counters since the first pass; those that never counted are left out. */
export function totalsTable(totals: Totals): Html {
  const names = Object.keys(MEANINGS) as (keyof Totals)[];
  return table({
    caption: "Since the first pass",
    isPlain: true,
    rows: names.filter((name) => totals[name] !== 0),
    columns: [
      { head: "What", cell: (name) => MEANINGS[name], isName: true, isWide: true },
      { head: "How often", cell: (name) => number(totals[name]), isNumber: true },
    ],
    empty: "No pass has counted anything yet.",
  });
}
