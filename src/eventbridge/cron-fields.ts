// The six fields of a cron expression as EventBridge Scheduler documents them: minutes, hours, day of
// month, month, day of week, year.

/** The values that a field lists, in order. */
export type Values = ReadonlySet<number>;

/** A day of the month: listed, the last one, or the weekday nearest to one. */
export type MonthDay =
  | { readonly kind: "listed"; readonly days: Values }
  | { readonly kind: "last" }
  | { readonly kind: "weekday"; readonly near: number };

/** A day of the week, Sunday 1 to Saturday 7: listed, the last such of the month, or its nth. */
export type WeekDay =
  | { readonly kind: "listed"; readonly days: Values }
  | { readonly kind: "last"; readonly day: number }
  | { readonly kind: "nth"; readonly day: number; readonly nth: number };

export interface CronFields {
  readonly minutes: Values;
  readonly hours: Values;
  readonly months: Values;
  readonly years: Values;
  /** Exactly one of the two is given: the other field is `?`. */
  readonly monthDay: MonthDay | undefined;
  readonly weekDay: WeekDay | undefined;
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEK_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

interface FieldRange {
  readonly min: number;
  readonly max: number;
  /** Names for `min` and what follows it. */
  readonly names?: readonly string[];
  /** Whether the field takes `/`; all take `,`, `-` and `*`. */
  readonly steps: boolean;
}

const MINUTE: FieldRange = { min: 0, max: 59, steps: true };
const HOUR: FieldRange = { min: 0, max: 23, steps: true };
const MONTH_DAY: FieldRange = { min: 1, max: 31, steps: true };
const MONTH: FieldRange = { min: 1, max: 12, names: MONTHS, steps: true };
const WEEK_DAY: FieldRange = { min: 1, max: 7, names: WEEK_DAYS, steps: false };
const YEAR: FieldRange = { min: 1970, max: 2199, steps: true };

/** Reads what stands between `cron(` and `)`; undefined for what the service would refuse. */
export function parseCronFields(text: string): CronFields | undefined {
  const fields = text.split(/\s+/);
  const [minute = "", hour = "", monthDay = "", month = "", weekDay = "", year = ""] = fields;
  if (fields.length !== 6 || (monthDay === "?") === (weekDay === "?")) return undefined;
  const minutes = parseValues(minute, MINUTE);
  const hours = parseValues(hour, HOUR);
  const months = parseValues(month, MONTH);
  const years = parseValues(year, YEAR);
  const inMonth = monthDay === "?" ? undefined : parseMonthDay(monthDay);
  const inWeek = weekDay === "?" ? undefined : parseWeekDay(weekDay);
  if (!minutes || !hours || !months || !years || (!inMonth && !inWeek)) return undefined;
  return { minutes, hours, months, years, monthDay: inMonth, weekDay: inWeek };
}

function parseMonthDay(text: string): MonthDay | undefined {
  if (text === "L") return { kind: "last" };
  if (text.endsWith("W")) {
    const near = parseValue(text.slice(0, -1), MONTH_DAY);
    return near === undefined ? undefined : { kind: "weekday", near };
  }
  const days = parseValues(text, MONTH_DAY);
  return days && { kind: "listed", days };
}

function parseWeekDay(text: string): WeekDay | undefined {
  // Alone it is the last day of the week; behind a day, the month's last such day.
  if (text === "L") return { kind: "listed", days: new Set([WEEK_DAY.max]) };
  if (text.endsWith("L")) {
    const day = parseValue(text.slice(0, -1), WEEK_DAY);
    return day === undefined ? undefined : { kind: "last", day };
  }
  const nth = /^(.+)#([1-5])$/.exec(text);
  if (nth !== null) {
    const day = parseValue(nth[1] ?? "", WEEK_DAY);
    return day === undefined ? undefined : { kind: "nth", day, nth: Number(nth[2]) };
  }
  const days = parseValues(text, WEEK_DAY);
  return days && { kind: "listed", days };
}

/** A list such as `1,10-20,30/5`; undefined where a part of it is wrong. */
function parseValues(text: string, range: FieldRange): Values | undefined {
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const found = parsePart(part, range);
    if (found === undefined) return undefined;
    for (let value = found.first; value <= found.last; value += found.step) values.add(value);
  }
  return new Set([...values].sort((a, b) => a - b));
}

function parsePart(
  part: string,
  range: FieldRange,
): { readonly first: number; readonly last: number; readonly step: number } | undefined {
  const [, from = "", to, every] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part) ?? [];
  if (every !== undefined && (!range.steps || Number(every) < 1 || Number(every) > range.max)) {
    return undefined;
  }
  if (from === "*" && to !== undefined) return undefined;
  const first = from === "*" ? range.min : parseValue(from, range);
  const single = every === undefined && from !== "*";
  const last = to === undefined ? (single ? first : range.max) : parseValue(to, range);
  if (first === undefined || last === undefined || last < first) return undefined;
  return { first, last, step: Number(every ?? 1) };
}

function parseValue(text: string, { min, max, names = [] }: FieldRange): number | undefined {
  const named = names.indexOf(text.toUpperCase());
  if (named >= 0) return min + named;
  if (!/^\d{1,4}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= min && value <= max ? value : undefined;
}
