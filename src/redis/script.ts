import type { StoreQueue } from "../store.ts";
import { type GroupKeys, groupKeys, sentKey } from "./keys.ts";
import { lua } from "./lua.generated.ts";

export type Fragment = keyof typeof lua;
/** Of what seldom matters, a field of the table `more`: a Lua function has 200 variables at most. */
type ArgumentKind = "text" | "number" | "more text" | "more number";
type ArgumentSpec = Readonly<Record<string, ArgumentKind>>;

/** A key of the queue as scripts name it: the stream, `sent_key`, or one of the others, as in `parked_key`. */
export type ScriptKey = "stream" | "sent_key" | `${Exclude<keyof GroupKeys, "stream">}_key`;

/** Named arguments of a script, each with the type that it is declared with. */
export type NamedArguments<Spec extends ArgumentSpec> = {
  readonly [Name in keyof Spec]: Spec[Name] extends "number" | "more number" ? number : string;
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

interface Declaration<Key extends string, Spec extends ArgumentSpec> {
  readonly keys: readonly Key[];
  /** Those of the keys that are fields of the table `more`. */
  readonly moreKeys?: readonly Key[];
  readonly args: Spec;
  readonly freesMemory?: boolean;
  readonly fragments: readonly Fragment[];
  /** Fragments that are kept apart from the others, as texts; they follow those. */
  readonly more?: readonly string[];
}

export function defineScript<const Key extends ScriptKey, const Spec extends ArgumentSpec>(
  name: string,
  declaration: Declaration<Key, Spec>,
): Script<Key, Spec> {
  const { keys, args, fragments, more = [] } = declaration;
  const body = fragments.map((fragment) => lua[fragment]);
  const text = [...headerOf(declaration), lua.prelude, ...body, ...more].join("\n");
  return { name, freesMemory: declaration.freesMemory === true, text, keys, args };
}

/**
 * A script that calls another one's text for each of several queues: in Lua it is the function `turn`
 * over KEYS and ARGV, which the last fragment sets from `all_keys` and `all_args`.
 */
export function defineRepeated<const Spec extends ArgumentSpec>(
  name: string,
  each: Declaration<string, ArgumentSpec>,
  declaration: { readonly args: Spec; readonly fragment: Fragment },
): Script<never, Spec> {
  const { args, fragment } = declaration;
  const text = [
    "local all_keys,all_args=KEYS,ARGV",
    ...headerOf({ keys: [], args }),
    "local KEYS,ARGV",
    lua.prelude,
    "local function turn()",
    ...headerOf(each),
    ...each.fragments.map((part) => lua[part]),
    "end",
    lua[fragment],
  ].join("\n");
  return { name, freesMemory: each.freesMemory === true, text, keys: [], args };
}

/** Where a named argument is in ARGV, from 1. */
export function placeOf(script: Pick<Script, "args">, name: string): number {
  return Object.keys(script.args).indexOf(name) + 1;
}

/** The lines that give keys and arguments their names. */
function headerOf({
  keys,
  moreKeys = [],
  args,
}: Pick<Declaration<string, ArgumentSpec>, "keys" | "moreKeys" | "args">): string[] {
  const named = [
    ...keys.map((name, i) => ({
      name,
      value: `KEYS[${i + 1}]`,
      isMore: moreKeys.includes(name),
    })),
    ...Object.entries(args).map(([name, kind], i) => ({
      name,
      value: kind.endsWith("number") ? `tonumber(ARGV[${i + 1}])` : `ARGV[${i + 1}]`,
      isMore: kind.startsWith("more"),
    })),
  ];
  const own = named.filter(({ isMore }) => !isMore);
  const more = named.filter(({ isMore }) => isMore).map(({ name, value }) => `${name}=${value}`);
  const names = own.map(({ name }) => name).join(",");
  const values = own.map(({ value }) => value).join(",");
  return [
    ...(own.length === 0 ? [] : [`local ${names}=${values}`]),
    ...(more.length === 0 ? [] : [`local more={${more.join(",")}}`]),
    `local list_at=${Object.keys(args).length + 1}`,
  ];
}

/** The rest of a call: the request that a `sent_key` remembers, keys behind the named ones, and a list. */
interface CallRest {
  readonly sent?: string;
  readonly keys?: readonly string[];
  readonly list?: readonly string[];
}

/** A call over a queue, for a script with named keys: these and the arguments in the order of the declaration. */
export function callOf<Spec extends ArgumentSpec>(
  script: Script<ScriptKey, Spec>,
  queue: StoreQueue | undefined,
  args: NamedArguments<Spec>,
  { sent = "", keys = [], list = [] }: CallRest = {},
): ScriptCall {
  const own: Readonly<Record<string, string>> =
    queue === undefined ? {} : { ...groupKeys(queue), sent: sentKey(queue, sent) };
  return {
    script,
    keys: [...script.keys.map((name) => own[name.replace("_key", "")] ?? ""), ...keys],
    args: [...Object.keys(script.args).map((name) => String(args[name])), ...list],
  };
}
