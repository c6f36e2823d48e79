import { OptionError } from "./errors.ts";

/** Describes a value in an error message: short, with its type, and never an object's content. */
export function describe(value: unknown): string {
  if (typeof value === "string") return `"${value.slice(0, 60)}" (string)`;
  if (typeof value === "number" || typeof value === "boolean") return `${value} (${typeof value})`;
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : typeof value;
}

/** The same for what should be no text at all: one that is may be a secret in the wrong place. */
function kindOf(value: unknown): string {
  return typeof value === "string" ? "a string" : describe(value);
}

/** Refuses an option, saying what was expected, what was given and what to do. */
export function refuse(option: string, expected: string, given: unknown, advice = ""): never {
  const hint = advice === "" ? "" : ` ${advice}`;
  throw new OptionError(`Expected \`${option}\` to be ${expected}, got ${describe(given)}.${hint}`);
}

/** Refuses what is not the function or the object that was expected, without showing a text. */
export function refuseKind(option: string, expected: string, given: unknown): never {
  throw new OptionError(`Expected \`${option}\` to be ${expected}, got ${kindOf(given)}.`);
}

/** An integer in a range; if none was given, the default, where there is one. */
export function integer(
  option: string,
  given: number | undefined,
  range: { readonly min: number; readonly max: number; readonly default?: number },
): number {
  const { min, max, default: standard = Number.NaN } = range;
  const number = given === undefined ? standard : given;
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  return refuse(option, `an integer from ${min} to ${max}`, given);
}

/** A switch, or the default where it was not given. */
export function flag(option: string, given: boolean | undefined, standard: boolean): boolean {
  if (given === undefined) return standard;
  return typeof given === "boolean" ? given : refuse(option, "true or false", given);
}

/** One of a few words; the first where it was not given. */
export function oneOf<Word extends string>(
  option: string,
  given: Word | undefined,
  words: readonly [Word, ...Word[]],
): Word {
  if (given === undefined) return words[0];
  if (!words.includes(given)) {
    refuse(option, words.map((word) => `"${word}"`).join(" or "), given);
  }
  return given;
}

/** Names of Redis things: not empty, well-formed, and no longer than `max` UTF-16 units. */
export function name(option: string, given: unknown, max = 512): string {
  if (typeof given !== "string" || given === "" || given.length > max || !isWellFormed(given)) {
    refuse(option, `a string of 1 to ${max} characters without lone surrogates`, given);
  }
  return given;
}

/** Refuses options that nothing reads, so that a misspelt one is not silently ignored. */
export function onlyKnown(what: string, given: object, known: readonly string[]): void {
  if (typeof given !== "object" || given === null) {
    throw new OptionError(`Expected the options of ${what} to be an object, got ${kindOf(given)}.`);
  }
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new OptionError(
    `Expected the options of ${what} to be among ${known.join(", ")}, got \`${unknown}\`.`,
  );
}

/** One check for each option: it gets what was given, or undefined, and returns what counts. */
export type Checks<Options> = {
  readonly [Name in keyof Options]-?: (given: Options[Name] | undefined, option: string) => unknown;
};

/** Checks options by a table, and refuses those that are not in it. `path` is what an error names before them. */
export function checked<Options extends object, Table extends Checks<Options>>(
  what: string,
  options: Options,
  table: Table,
  path = "",
): { readonly [Name in keyof Table]: ReturnType<Table[Name & keyof Options]> } {
  const names = Object.keys(table) as (keyof Options & string)[];
  onlyKnown(what, options, names);
  const entries = names.map((name) => [name, table[name](options[name], path + name)]);
  return Object.fromEntries(entries);
}

/** A function of the user's, if one was given. */
export function callback<Callback>(given: Callback, option: string): Callback {
  if (given === undefined || typeof given === "function") return given;
  return refuseKind(option, "a function", given);
}

/** Whether a string survives UTF-8: no surrogate without its other half. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
