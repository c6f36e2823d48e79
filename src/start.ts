import { lastIdBefore } from "./entry-id.ts";
import { refuse } from "./expect.ts";

/** A place in a stream: before the first entry, behind the last, behind an entry's id, or a time. */
export type Start = "0" | "$" | `${number}-${number}` | Date;

/** The id behind which reading begins, or `0` or `$`. @throws OptionError */
export function resolveStart(option: string, given: Start): string {
  if (given instanceof Date && given.getTime() >= 0) {
    // Ids begin with their time: the first of that millisecond is behind this one.
    const ms = given.getTime();
    return lastIdBefore(ms) ?? "0";
  }
  if (given === "0" || given === "$") return given;
  if (typeof given === "string" && /^\d{1,15}-\d{1,20}$/.test(given)) return given;
  return refuse(option, '"0", "$", an entry\'s id or a Date', given);
}
