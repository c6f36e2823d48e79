import { OptionError } from "./errors.ts";
import { refuse } from "./expect.ts";

type Unit = "ms" | "s" | "m" | "h" | "d";

/** A length of time: milliseconds as a number, or a number with its unit, as in `"30 s"` or `"15m"`. */
export type Duration = number | `${number} ${Unit}` | `${number}${Unit}`;

const MILLISECONDS: Readonly<Record<Unit, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** The bounds of a duration option, in milliseconds. */
export interface DurationRange {
  readonly min: number;
  readonly max: number;
}

export const DAY_MS = MILLISECONDS.d;

/** The longest duration that any option takes: a year. */
export const YEAR_MS = 365 * DAY_MS;

/** Reads a duration as whole milliseconds; throws an OptionError that names the option. */
export function milliseconds(
  option: string,
  given: Duration | undefined,
  range: DurationRange,
): number {
  const value = typeof given === "number" ? given : parse(option, given);
  if (!Number.isFinite(value) || value < range.min || value > range.max) {
    const bounds = `from ${range.min} to ${range.max} ms`;
    throw new OptionError(`Expected \`${option}\` to be a duration ${bounds}, got ${given}.`);
  }
  return Math.round(value);
}

function parse(option: string, given: unknown): number {
  const match = typeof given === "string" ? /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d)$/.exec(given) : null;
  if (match === null) {
    return refuse(option, 'a duration such as 1500, "30 s" or "15 m"', given);
  }
  return Number(match[1]) * MILLISECONDS[match[2] as Unit];
}
