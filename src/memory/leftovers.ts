import type { SurveyFindings } from "../store.ts";
import type { Turn } from "./turn-begin.ts";

/**
 * Entries that nobody works on and nobody waits for: completed ones whose time to stay is over, ones that a
 * foreign consumer of the group acknowledged, or orphans. A hint for the trim, which looks itself.
 */
export function leftoversInTheWay(
  turn: Turn,
  nothingParked: boolean,
  setIsLost: boolean,
): Pick<SurveyFindings, "leftovers" | "orphans"> {
  const { survey, queue, now, tables, messages } = turn;
  const { state } = tables;
  const nothing = { leftovers: 0, orphans: undefined };
  if (setIsLost) return { ...nothing, leftovers: -1 };
  if (survey?.firstMs === undefined) return nothing;
  const { length, firstMs, unread } = survey;
  if (turn.keep) {
    if (state.orphans?.seen === "all") return { leftovers: 0, orphans: state.orphans.found };
    const { retention } = queue;
    const over =
      retention === undefined ||
      ("maxCount" in retention ? length > retention.maxCount : firstMs < now - retention.maxAgeMs);
    const may = over && survey.allSettled && nothingParked && firstMs <= survey.allReadMs;
    return { ...nothing, leftovers: Number(may) };
  }
  const parked = tables.parked.size + turn.unparked;
  const waiting = survey.pending + parked + Math.max(0, unread ?? 0);
  const known = unread !== undefined || (messages.length === 0 && waiting === 0);
  const excess = length - waiting;
  if (!known || excess <= 0) return nothing;
  const isSeen = state.orphans?.seen === `${excess}`;
  return isSeen
    ? { leftovers: 0, orphans: state.orphans?.found }
    : { ...nothing, leftovers: excess };
}
