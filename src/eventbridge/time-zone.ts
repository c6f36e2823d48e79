import { refuse } from "../expect.ts";

/** A date and a time of day as a clock on the wall shows them, as if they were UTC. */
export type WallTime = number;

const DAY_MS = 86_400_000;

/** Refuses what is no name of the IANA database; the service takes 1 to 50 characters. */
export function timeZoneName(option: string, given: unknown): string {
  const expected = 'a time zone\'s IANA name, such as "Europe/Vienna"';
  if (typeof given !== "string" || given.length > 50 || !/^[A-Za-z]/.test(given)) {
    refuse(option, expected, given);
  }
  try {
    formatOf(given);
  } catch {
    refuse(option, expected, given);
  }
  return given;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    calendar: "iso8601",
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  formats.set(timeZone, format);
  return format;
}

export function wallTimeAt(instant: number, timeZone: string): WallTime {
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  return Date.UTC(
    part("year"),
    part("month") - 1,
    part("day"),
    part("hour"),
    part("minute"),
    part("second"),
  );
}

/**
 * When the clocks of a zone show this. Where they go back and show it twice, the first time, since the
 * service runs such a schedule once; undefined where they go forward and never show it.
 */
export function instantOf(wall: WallTime, timeZone: string): number | undefined {
  const offsets = [-DAY_MS, DAY_MS].map((away) => wallTimeAt(wall + away, timeZone) - wall - away);
  const instants = offsets
    .map((offset) => wall - offset)
    .filter((instant) => wallTimeAt(instant, timeZone) === wall);
  return instants.length === 0 ? undefined : Math.min(...instants);
}
