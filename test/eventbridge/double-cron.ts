// When the service would tick, decided minute by minute. It shares nothing with the library's own
// reading of expressions: the two are compared.

const MINUTE_MS = 60_000;
const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

const formats = new Map<string, Intl.DateTimeFormat>();

/** What a clock shows in a zone, as `2026-11-21 08:02:00`. */
export function localText(instant: number, timeZone: string): string {
  const style = { timeZone, dateStyle: "short", timeStyle: "medium" } as const;
  const format = formats.get(timeZone) ?? new Intl.DateTimeFormat("sv-SE", style);
  formats.set(timeZone, format);
  return format.format(instant);
}

/** Whether a cron expression ticks in the minute that begins at an instant. */
export function ticksAt(expression: string, instant: number, timeZone: string): boolean {
  const local = localText(instant, timeZone);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = local.split(/\D/).map(Number);
  const fields = expression.slice("cron(".length, -1).trim().split(/\s+/);
  const [minutes = "", hours = "", monthDay = "", months = "", weekDay = "", years = ""] = fields;
  return (
    lists(minutes, minute) &&
    lists(hours, hour) &&
    lists(named(months, MONTHS), month, 1) &&
    lists(years, year, 1970) &&
    isMonthDay(monthDay, year, month, day) &&
    isWeekDay(named(weekDay, DAYS), year, month, day) &&
    // Where the clocks go back, what was shown before does not run again.
    [30, 60, 120].every((ago) => localText(instant - ago * MINUTE_MS, timeZone) !== local)
  );
}

/** Names become numbers, the first of them 1. */
function named(field: string, names: readonly string[]): string {
  return field.replaceAll(/[A-Za-z]{3}/g, (name) => String(names.indexOf(name.toUpperCase()) + 1));
}

/** Steps of `*` begin with the field's first value. */
function lists(field: string, value: number, min = 0): boolean {
  return field.split(",").some((part) => {
    const [range = "", step] = part.split("/");
    const [first = 0, last] = range === "*" ? [min, Infinity] : range.split("-").map(Number);
    if (step === undefined && last === undefined) return value === first;
    return (
      value >= first && value <= (last ?? Infinity) && (value - first) % Number(step ?? 1) === 0
    );
  });
}

function isMonthDay(field: string, year: number, month: number, day: number): boolean {
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (field === "?") return true;
  if (field === "L") return day === last;
  if (!field.endsWith("W")) return lists(field, day, 1);
  const near = Number.parseInt(field, 10);
  // Of the weekdays of the month, the nearest; none is as near as another.
  const weekdays = Array.from({ length: last }, (_, i) => i + 1).filter((other) => {
    const weekDay = new Date(Date.UTC(year, month - 1, other)).getUTCDay();
    return weekDay !== 0 && weekDay !== 6;
  });
  if (near > last) return false;
  weekdays.sort((a, b) => Math.abs(a - near) - Math.abs(b - near));
  return weekdays[0] === day;
}

function isWeekDay(field: string, year: number, month: number, day: number): boolean {
  const weekDay = new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1;
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (field === "?") return true;
  if (field === "L") return weekDay === 7;
  if (field.endsWith("L")) return weekDay === Number.parseInt(field, 10) && day > last - 7;
  const [which = "", nth] = field.split("#");
  if (nth === undefined) return lists(field, weekDay, 1);
  return weekDay === Number(which) && day > 7 * (Number(nth) - 1) && day <= 7 * Number(nth);
}

/** Whether the service takes a cron expression, by its documentation. */
export function isCron(expression: string): boolean {
  const number = String.raw`\d{1,2}`;
  const list = (value: string, step: string) => {
    const part = String.raw`(?:\*|${value}(?:-${value})?)${step}`;
    return new RegExp(`^${part}(?:,${part})*$`, "i");
  };
  const step = String.raw`(?:/[1-9]\d*)?`;
  const fields = /^cron\((.+)\)$/.exec(expression)?.[1]?.split(/\s+/) ?? [];
  const [minutes = "", hours = "", monthDay = "", months = "", weekDay = "", years = ""] = fields;
  const day = `(?:[1-7]|${DAYS.join("|")})`;
  return (
    fields.length === 6 &&
    (monthDay === "?") !== (weekDay === "?") &&
    list(number, step).test(minutes) &&
    list(number, step).test(hours) &&
    list(`(?:${number}|${MONTHS.join("|")})`, step).test(months) &&
    list(String.raw`\d{4}`, step).test(years) &&
    (list(number, step).test(monthDay) || /^(?:\?|L|\d{1,2}W)$/.test(monthDay)) &&
    (list(day, "").test(weekDay) ||
      new RegExp(`^(?:\\?|L|${day}L|${day}#[1-5])$`, "i").test(weekDay)) &&
    inRange(minutes, 0, 59) &&
    inRange(hours, 0, 23) &&
    inRange(monthDay, 1, 31) &&
    inRange(months, 1, 12) &&
    inRange(years, 1970, 2199)
  );
}

/** Whether all numbers of a field are in its range, those of steps apart, and no range is turned round. */
function inRange(field: string, min: number, max: number): boolean {
  const values = field.replaceAll(/\/\d+/g, "").match(/\d+/g) ?? [];
  const ranges = [...field.matchAll(/(\d+)-(\d+)/g)];
  return (
    values.every((value) => Number(value) >= min && Number(value) <= max) &&
    ranges.every(([, first, last]) => Number(first) <= Number(last))
  );
}
