import { refuse } from "./expect.ts";

/** The highest sequence number: no entry of a millisecond is behind it. */
const LAST = 2n ** 64n - 1n;

/** The last id before a time in milliseconds since 1970; undefined if there is none. */
export function lastIdBefore(ms: number | bigint): string | undefined {
  return ms < 1 ? undefined : `${BigInt(ms) - 1n}-${LAST}`;
}

/** The id of an entry, as an option. @throws OptionError */
export function entryId(option: string, given: string): string {
  const isId = /^\d{1,20}-\d{1,20}$/.test(given);
  if (isId && given.split("-").every((part) => BigInt(part) <= LAST)) return given;
  return refuse(option, "an id such as 1700000000000-0", given);
}
