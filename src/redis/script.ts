import type { StoreQueue } from "../store.ts";
import { type GroupKeys, groupKeys, sentKey } from "./keys.ts";
import { lua } from "./lua.generated.ts";

export type Fragment = keyof typeof lua;

/** A key of the queue as scripts name it: the stream, `sent_key`, or one of the others, as in `parked_key`. */
export type ScriptKey = "stream" | "sent_key" | `${Exclude<keyof GroupKeys, "stream">}_key`;

/**
 * Arguments by name. In Lua they are local variables of the same names, numbers as numbers; so a script
 * is always called with the same names, and with the same types under them.
 */
export type ScriptArgs = Readonly<Record<string, string | number>>;

/** A script: its text, but for the lines that name its keys and arguments. */
export interface Script {
  readonly name: string;
  /** Whether it may run when the server's memory is full: it leaves less behind than it found. */
  readonly freesMemory: boolean;
  readonly keys: readonly ScriptKey[];
  /** Those of the keys that are fields of the table `more`. */
  readonly moreKeys: readonly ScriptKey[];
  readonly body: string;
}

/** One call of a script: what EVALSHA takes. */
export interface ScriptCall {
  readonly script: Pick<Script, "name" | "freesMemory">;
  readonly keys: readonly string[];
  readonly args: readonly string[];
  /** The names of its arguments, in their order. */
  readonly names: readonly string[];
  /** The lines that name keys and arguments. */
  readonly header: () => string;
  /** What EVAL takes: the same for all calls of a script. */
  readonly text: () => string;
}

export function defineScript(
  name: string,
  declaration: {
    readonly keys: readonly ScriptKey[];
    readonly moreKeys?: readonly ScriptKey[];
    readonly freesMemory?: boolean;
    readonly fragments: readonly Fragment[];
    /** Fragments that are kept apart from the others, as texts; they follow those. */
    readonly apart?: readonly string[];
  },
): Script {
  const { keys, moreKeys = [], freesMemory = false, fragments, apart = [] } = declaration;
  const body = [...fragments.map((fragment) => lua[fragment]), ...apart].join("\n");
  return { name, freesMemory, keys, moreKeys, body };
}

interface CallRest {
  /** Arguments that are fields of the table `more`: a Lua function has 200 variables at most. */
  readonly more?: ScriptArgs;
  /** The request that `sent_key` remembers. */
  readonly sent?: string;
  /** Keys behind the named ones. */
  readonly keys?: readonly string[];
  /** In Lua it begins at `list_at`. */
  readonly list?: readonly string[];
}

/** A call over a queue: its keys by their names, and the arguments in their order. */
export function callOf(
  script: Script,
  queue: StoreQueue,
  args: ScriptArgs,
  { more = {}, sent = "", keys = [], list = [] }: CallRest = {},
): ScriptCall {
  const own: Readonly<Record<string, string>> = {
    ...groupKeys(queue),
    sent: sentKey(queue, sent),
  };
  const header = () => headerOf(args, more, script);
  const all = { ...args, ...more };
  return {
    script,
    keys: [...script.keys.map((name) => own[name.replace("_key", "")] ?? ""), ...keys],
    args: [...Object.values(all).map(String), ...list],
    names: Object.keys(all),
    header,
    text: () => [header(), lua.prelude, script.body].join("\n"),
  };
}

/**
 * One call for several of a script: in Lua its text is the function `turn` over KEYS and ARGV, which the
 * fragment sets from `all_keys` and `all_args`.
 */
export function callTogether(
  name: string,
  script: Script,
  calls: readonly ScriptCall[],
  rest: {
    readonly args: ScriptArgs;
    readonly list: readonly string[];
    readonly fragment: Fragment;
  },
): ScriptCall {
  const { args, list, fragment } = rest;
  const header = () => headerOf(args);
  return {
    script: { name, freesMemory: script.freesMemory },
    keys: calls.flatMap(({ keys }) => keys),
    args: [...Object.values(args).map(String), ...list, ...calls.flatMap((call) => call.args)],
    names: Object.keys(args),
    header,
    text: () =>
      [
        "local all_keys,all_args=KEYS,ARGV",
        header(),
        "local KEYS,ARGV",
        lua.prelude,
        "local function turn()",
        calls[0]?.header(),
        script.body,
        "end",
        lua[fragment],
      ].join("\n"),
  };
}

/** The server's errors that a script, or one of the turns of a step, caught and returned; else empty. */
export function caughtIn(reply: unknown): string {
  const [status, error, , behind] = Array.isArray(reply) ? reply : [];
  if (status === "ok" && Array.isArray(error)) {
    return error.map((part) => caughtIn(part[1])).join(" ");
  }
  return String(status === "error" ? error : status === "partial" ? behind : "");
}

/** The lines that give keys and arguments their names. */
function headerOf(
  args: ScriptArgs,
  more: ScriptArgs = {},
  { keys, moreKeys }: Pick<Script, "keys" | "moreKeys"> = { keys: [], moreKeys: [] },
): string {
  const named = Object.entries({ ...args, ...more }).map(([name, value], i) => {
    const given = `ARGV[${i + 1}]`;
    return [name, typeof value === "number" ? `tonumber(${given})` : given] as const;
  });
  const all = [...keys.map((name, i) => [name, `KEYS[${i + 1}]`] as const), ...named];
  const isMore = (name: string) => name in more || moreKeys.some((key) => key === name);
  const own = all.filter(([name]) => !isMore(name));
  const fields = all.filter(([name]) => isMore(name)).map(([name, value]) => `${name}=${value}`);
  const names = own.map(([name]) => name).join(",");
  return [
    ...(own.length === 0 ? [] : [`local ${names}=${own.map(([, value]) => value).join(",")}`]),
    ...(fields.length === 0 ? [] : [`local more={${fields.join(",")}}`]),
    `local list_at=${named.length + 1}`,
  ].join("\n");
}
