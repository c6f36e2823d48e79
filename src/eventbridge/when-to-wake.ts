import type { DrainReport } from "../report.ts";
import { nextTick, type Recurrence } from "./next-tick.ts";

const MINUTE_MS = 60_000;

/** So near to its minute, a wake might reach the service when it is over. */
const MARGIN_MS = 10_000;

/** What of a report says when the next message is due. */
export type Due = Pick<DrainReport, "nextDueAt">;

/**
 * When to wake the queue again: the minute in which the first of the messages is due that wait, if
 * that is before the next tick. Undefined where no wake is needed: nothing waits, a tick comes first,
 * or the message is due so soon that the pass itself or its continuation takes it.
 *
 * @param soonestMs how far off a message has to be due
 * @throws OptionError for an expression that is not recurring.
 */
export function whenToWake(
  reports: readonly Due[],
  recurrence: Recurrence,
  now: Date,
  soonestMs = MINUTE_MS,
): Date | undefined {
  const dues = reports
    .map(({ nextDueAt }) => nextDueAt?.getTime() ?? Infinity)
    .filter((due) => due - now.getTime() >= soonestMs);
  const due = Math.min(...dues);
  if (due === Infinity) return undefined;
  const minute = wakeMinuteFor(new Date(due), now);
  const tick = nextTick(recurrence, now);
  return tick === undefined || minute < tick ? minute : undefined;
}

/** The first whole minute that is not before a time, and that is still to come. */
export function wakeMinuteFor(time: Date, now: Date): Date {
  const earliest = Math.max(time.getTime(), now.getTime() + MARGIN_MS);
  return new Date(Math.ceil(earliest / MINUTE_MS) * MINUTE_MS);
}
