import type { CronFields, MonthDay, WeekDay } from "./cron-fields.ts";
import { parseRecurring, recurringExpression } from "./expression.ts";
import { instantOf, type WallTime, wallTimeAt } from "./time-zone.ts";

/** When a schedule ticks. */
export interface Recurrence {
  /** `rate(…)` or `cron(…)`. */
  readonly expression: string;
  /** Where cron expressions are read. @default "UTC" */
  readonly timeZone?: string | undefined;
  /** It does not tick before; rates count from here. */
  readonly start?: Date | undefined;
  /** It does not tick from here on. */
  readonly end?: Date | undefined;
}

const DAY_MS = 86_400_000;

/**
 * The first tick after an instant; undefined where none follows. Of a rate without a `start` nobody can
 * say when it ticks, only that it does within its interval: the answer is the latest time it can be.
 *
 * @throws OptionError for an expression that is not recurring.
 */
export function nextTick(recurrence: Recurrence, after: Date): Date | undefined {
  const { timeZone = "UTC", start, end } = recurrence;
  const recurring = parseRecurring(recurringExpression("expression", recurrence.expression));
  if (recurring === undefined) return undefined;
  // A tick may be at the start itself.
  const from = Math.max(after.getTime(), (start?.getTime() ?? -Infinity) - 1);
  const next =
    recurring.kind === "rate"
      ? nextOfRate(recurring.everyMs, from, start?.getTime())
      : nextOfCron(recurring.fields, from, timeZone);
  return next === undefined || (end !== undefined && next >= end.getTime())
    ? undefined
    : new Date(next);
}

function nextOfRate(everyMs: number, after: number, start: number | undefined): number {
  if (start === undefined) return after + everyMs;
  return start + (Math.floor((after - start) / everyMs) + 1) * everyMs;
}

function nextOfCron(fields: CronFields, after: number, timeZone: string): number | undefined {
  const now = wallTimeAt(after, timeZone);
  for (const day of daysFrom(now, fields)) {
    for (const wall of timesOf(day, fields)) {
      if (wall <= now) continue; // over; no zone has to be asked
      // Undefined or past where the clocks go forward or back: the next one it is.
      const instant = instantOf(wall, timeZone);
      if (instant !== undefined && instant > after) return instant;
    }
  }
  return undefined;
}

/** The days from one on, in order, each by its midnight on the wall. */
function* daysFrom(now: WallTime, fields: CronFields): Generator<WallTime> {
  const today = new Date(now);
  const lastYear = Math.max(...fields.years);
  for (let year = today.getUTCFullYear(); year <= lastYear; year += 1) {
    if (!fields.years.has(year)) continue;
    for (let month = 0; month < 12; month += 1) {
      if (!fields.months.has(month + 1) || Date.UTC(year, month + 1, 1) <= now) continue;
      for (const day of daysIn(year, month, fields)) {
        const midnight = Date.UTC(year, month, day);
        if (midnight + DAY_MS > now) yield midnight;
      }
    }
  }
}

function* timesOf(midnight: WallTime, { hours, minutes }: CronFields): Generator<WallTime> {
  for (const hour of hours) {
    for (const minute of minutes) yield midnight + hour * 3_600_000 + minute * 60_000;
  }
}

/** The days of a month that the expression means, in order. */
function daysIn(year: number, month: number, { monthDay, weekDay }: CronFields): number[] {
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const weekDayOf = (day: number) => new Date(Date.UTC(year, month, day)).getUTCDay() + 1;
  const all = Array.from({ length: last }, (_, i) => i + 1);
  if (monthDay !== undefined)
    return all.filter((day) => isMonthDay(monthDay, day, last, weekDayOf));
  return all.filter((day) => weekDay !== undefined && isWeekDay(weekDay, day, last, weekDayOf));
}

function isMonthDay(
  wanted: MonthDay,
  day: number,
  last: number,
  weekDayOf: (day: number) => number,
): boolean {
  switch (wanted.kind) {
    case "listed":
      return wanted.days.has(day);
    case "last":
      return day === last;
    case "weekday":
      return wanted.near <= last && day === nearestWeekday(wanted.near, last, weekDayOf);
    default:
      return wanted satisfies never;
  }
}

/** Monday to Friday; it never leaves the month. */
function nearestWeekday(near: number, last: number, weekDayOf: (day: number) => number): number {
  const weekDay = weekDayOf(near);
  if (weekDay === 7) return near === 1 ? near + 2 : near - 1;
  if (weekDay === 1) return near === last ? near - 2 : near + 1;
  return near;
}

function isWeekDay(
  wanted: WeekDay,
  day: number,
  last: number,
  weekDayOf: (day: number) => number,
): boolean {
  switch (wanted.kind) {
    case "listed":
      return wanted.days.has(weekDayOf(day));
    case "last":
      return weekDayOf(day) === wanted.day && day + 7 > last;
    case "nth":
      return weekDayOf(day) === wanted.day && Math.ceil(day / 7) === wanted.nth;
    default:
      return wanted satisfies never;
  }
}
