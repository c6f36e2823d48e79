import { millisecondsOf } from "../../oldest-ready.ts";
import type { Facts } from "../facts.ts";
import type { Check } from "../finding.ts";
import { length, xdrain } from "../words.ts";

const LONG_MS = 86_400_000;

/** A stream that nobody sends to: often, the name is wrong. */
export const checkSilence: Check = (facts) => {
  const { streamIs, stream, stats, state, queue, server } = facts;
  const mend = `${xdrain(facts, "send '{\"test\":true}'")}  # where the name is right: ${others(facts)}`;
  const never = streamIs === "missing" || stream?.lastId === "0-0";
  if (never) {
    const isGone = streamIs === "missing" && (stats?.lastPassAt !== undefined || state.size > 0);
    if (isGone || (stats?.delayed ?? 0) > 0) return [];
    return [
      {
        id: "nobody-sends",
        severity: "warning",
        what: `Nothing was ever sent to ${queue.stream}.`,
        why: "Either no producer is running, or it sends to another name or another database.",
        mend,
      },
    ];
  }
  const silent = stream === undefined ? 0 : server.now - millisecondsOf(stream.lastId);
  if (silent < LONG_MS) return [];
  return [
    {
      id: "nobody-sends",
      severity: "note",
      what: `Nothing was sent to ${queue.stream} for ${length(silent)}.`,
      why: "Where that is not to be expected, a producer has stopped, or sends to another name.",
      mend,
    },
  ];
};

function others({ neighbours }: Facts): string {
  const streams = neighbours?.streams.slice(0, 5) ?? [];
  return streams.length === 0
    ? "no other stream was seen here"
    : `there are also ${streams.join(", ")}`;
}
