import type { Duration } from "../duration.ts";
import { milliseconds, YEAR_MS } from "../duration.ts";
import type { Start } from "../start.ts";
import { UsageError } from "./errors.ts";

const ID = /^\d{1,15}-\d{1,20}$/;
const LENGTH = /^\d+(?:\.\d+)? ?(?:ms|s|m|h|d)$/;

/**
 * A time, in milliseconds since 1970: an ISO date, milliseconds, an entry's id (its time), or a length
 * of time, which is so long ago.
 * @throws UsageError
 */
export function moment(flag: string, given: string, now: number): number {
  if (LENGTH.test(given)) return now - lengthMs(flag, given);
  if (ID.test(given)) return Number(given.split("-")[0]);
  const time = parse(given);
  if (time === undefined) {
    throw new UsageError(
      `Expected ${flag} to be a date such as 2026-11-20T08:00:00Z, an id, milliseconds since 1970, or a time ago such as 15m.`,
    );
  }
  return time;
}

/** A date, in milliseconds since 1970. @throws UsageError */
export function date(flag: string, given: string): number {
  const time = parse(given);
  if (time !== undefined) return time;
  throw new UsageError(`Expected ${flag} to be a date such as 2026-11-20T08:00:00Z.`);
}

function parse(given: string): number | undefined {
  if (/^\d{10,15}$/.test(given)) return Number(given);
  const time = /^\d{4}-\d\d/.test(given) ? Date.parse(given) : Number.NaN;
  return time >= 0 ? time : undefined;
}

/** A place in a stream for a group to start at: `0`, an entry's id, or a time. @throws UsageError */
export function streamPlace(flag: string, given: string, now: number): Exclude<Start, "$"> {
  if (given === "0") return given;
  if (ID.test(given)) return given as `${number}-${number}`;
  return new Date(moment(flag, given, now));
}

/** A length of time in milliseconds. @throws OptionError */
export function lengthMs(flag: string, given: string): number {
  const value = /^\d+$/.test(given) ? Number(given) : (given as Duration);
  return milliseconds(flag, value, { min: 0, max: 10 * YEAR_MS });
}

/** The same for options that check the length by themselves: a number is of milliseconds. */
export function asDuration(given: string): Duration;
export function asDuration(given: string | undefined): Duration | undefined;
export function asDuration(given: string | undefined): Duration | undefined {
  return given !== undefined && /^\d+$/.test(given)
    ? Number(given)
    : (given as Duration | undefined);
}
