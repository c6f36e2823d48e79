import { UsageError } from "./errors.ts";

/** A whole number in a range. @throws UsageError */
export function wholeNumber(
  flag: string,
  given: number,
  range: { readonly min: number; readonly max: number },
): number {
  if (Number.isInteger(given) && given >= range.min && given <= range.max) return given;
  throw new UsageError(`Expected ${flag} to be a whole number from ${range.min} to ${range.max}.`);
}
