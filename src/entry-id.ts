import { refuse } from "./expect.ts";

// The highest sequence number is 2^64 - 1: no entry of a millisecond is behind it.

/** The last id before a time in milliseconds since 1970; undefined if there is none. */
export function lastIdBefore(ms: number): string | undefined {
  return ms < 1 ? undefined : `${ms - 1}-18446744073709551615`;
}

/** The id of an entry, as an option: numbers that Redis takes. @throws OptionError */
export function entryId(option: string, given: string): string {
  const isId = /^\d{1,19}-(\d{1,19}|18446744073709551615)$/.test(given);
  return isId ? given : refuse(option, "an id such as 1700000000000-0", given);
}
