import { lua } from "./lua.generated.ts";

export type Fragment = keyof typeof lua;
type ArgumentKind = "text" | "number";
type ArgumentSpec = Readonly<Record<string, ArgumentKind>>;

/** Named arguments of a script, each with the type that it is declared with. */
export type NamedArguments<Spec extends ArgumentSpec> = {
  readonly [Name in keyof Spec]: Spec[Name] extends "number" ? number : string;
};

/**
 * A script: its text, and how its keys and arguments are named. In Lua they are local variables of
 * the same names (numbers converted); a list of any length follows from `list_at`.
 */
export interface Script<Key extends string = string, Spec extends ArgumentSpec = ArgumentSpec> {
  readonly name: string;
  /** Whether it may run when the server's memory is full: it leaves less behind than it found. */
  readonly freesMemory: boolean;
  readonly text: string;
  readonly keys: readonly Key[];
  readonly args: Spec;
}

/** One call of a script: what EVALSHA takes. */
export interface ScriptCall {
  readonly script: Script;
  readonly keys: readonly string[];
  readonly args: readonly string[];
}

export function defineScript<const Key extends string, const Spec extends ArgumentSpec>(
  name: string,
  declaration: {
    readonly keys: readonly Key[];
    readonly args: Spec;
    readonly freesMemory?: boolean;
    readonly fragments: readonly Fragment[];
    /** Fragments that are kept apart from the others, as texts; they follow those. */
    readonly more?: readonly string[];
  },
): Script<Key, Spec> {
  const { keys, args } = declaration;
  const names = Object.keys(args);
  const values = names.map((arg, i) =>
    args[arg] === "number" ? `tonumber(ARGV[${i + 1}])` : `ARGV[${i + 1}]`,
  );
  const header = [
    `local ${keys.join(",")}=${keys.map((_, i) => `KEYS[${i + 1}]`).join(",")}`,
    ...(names.length === 0 ? [] : [`local ${names.join(",")}=${values.join(",")}`]),
    `local list_at=${names.length + 1}`,
  ];
  const body = ["prelude" as const, ...declaration.fragments].map((fragment) => lua[fragment]);
  const text = [...header, ...body, ...(declaration.more ?? [])].join("\n");
  const freesMemory = declaration.freesMemory === true;
  return { name, freesMemory, text, keys, args };
}

/** Puts names in the order of the declaration. `more` keys and a `list` may follow the named ones. */
export function callOf<Key extends string, Spec extends ArgumentSpec>(
  script: Script<Key, Spec>,
  keys: Readonly<Record<Key, string>>,
  args: NamedArguments<Spec>,
  rest: { readonly list?: readonly string[]; readonly keys?: readonly string[] } = {},
): ScriptCall {
  const named = Object.keys(script.args).map((name) => String(args[name]));
  return {
    script,
    keys: [...script.keys.map((key) => keys[key]), ...(rest.keys ?? [])],
    args: rest.list === undefined ? named : named.concat(rest.list),
  };
}
