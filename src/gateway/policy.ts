import type { RedisCommand } from "./backend.ts";
import { accessOf, isContainer } from "./commands.ts";
import type { TokenAccess } from "./tokens.ts";

/** What decides whether a command passes. */
export interface Policy {
  /** Lets through commands that commands.ts does not know, for read-write tokens. */
  readonly allowUnknown: boolean;
  /** Commands refused beside the table's own: `FLUSHALL`, `SCRIPT|FLUSH`; upper case. */
  readonly refuse: ReadonlySet<string>;
}

/** Why the command may not run, in Upstash's words; undefined if it may. */
export function refusalOf(
  command: RedisCommand,
  access: TokenAccess,
  policy: Policy,
): string | undefined {
  const name = command[0];
  const full = isContainer(name) ? withSubcommand(name, command[1]) : name;
  // A subcommand that no list knows shares the fate of its container where that is refused.
  const needs = accessOf(full) ?? (accessOf(name) === "refused" ? "refused" : undefined);
  if (needs === "refused" || policy.refuse.has(full) || policy.refuse.has(name)) {
    return unavailable(full);
  }
  if (needs === undefined && !policy.allowUnknown) return unavailable(full);
  if (access === "read-only" && needs !== "read") return forbidden(full);
  if ((name === "XREAD" || name === "XREADGROUP") && !readsAtOnce(command)) {
    return unavailable(`${name} BLOCK`);
  }
  return undefined;
}

function unavailable(name: string): string {
  return `ERR Command is not available: '${name.replace("|", " ")}'`;
}

function forbidden(name: string): string {
  return `NOPERM this user has no permissions to run the '${name.toLowerCase()}' command`;
}

function withSubcommand(name: string, argument: string | Buffer | undefined): string {
  return argument === undefined ? name : `${name}|${textOf(argument)}`;
}

/** Upper case as Redis compares: bytes, ASCII letters only. */
function textOf(argument: string | Buffer): string {
  return (typeof argument === "string" ? argument : argument.toString("latin1")).toUpperCase();
}

/** How many arguments follow each option that may stand before STREAMS. */
const STREAM_OPTIONS: Readonly<Record<string, number>> = { COUNT: 1, GROUP: 2, NOACK: 0, CLAIM: 1 };

/**
 * False if BLOCK stands where Redis would read it as an option (a stream or a group may have that
 * name), and for an option this table does not know: its arguments could hide one.
 */
function readsAtOnce(command: RedisCommand): boolean {
  let at = 1;
  while (at < command.length) {
    const option = textOf(command[at]!);
    if (option === "STREAMS") return true;
    const values = STREAM_OPTIONS[option];
    if (values === undefined) return false;
    at += 1 + values;
  }
  return true;
}
