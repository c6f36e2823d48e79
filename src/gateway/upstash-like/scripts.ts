import { createHash } from "node:crypto";
import type { RedisCommand, Reply } from "../backend.ts";
import { asUpstashWould } from "./prelude.ts";

/** A command as Redis is sent it, and what its reply is turned into. */
export interface Prepared {
  readonly command: RedisCommand;
  readonly read: (reply: Reply) => Reply;
}

/** No script has this SHA-1, so Redis itself answers NOSCRIPT, in a transaction too. */
const NOBODY = "0".repeat(40);
const AS_IT_IS = (reply: Reply) => reply;
/** Runs one command under the rules that the prelude holds scripts to. */
const ALONE = "return redis.pcall(unpack(ARGV))";
/** Lua's `unpack` takes some 8000 values. */
const MOST_ARGUMENTS = 7000;

/**
 * Rewrites commands so that a plain Redis answers as Upstash would. Scripts keep the SHA-1 that their
 * own text has; which one the rewritten text has is known here alone, and forgotten at the end.
 *
 * @param forgets - says whether this EVALSHA meets a replica that does not know the script yet
 */
export function createScripts(pendingLimit: number, forgets: () => boolean) {
  const rewrittenOf = new Map<string, string>();

  function rewrite(text: string): { original: string; rewritten: string } {
    const rewritten = asUpstashWould(text, pendingLimit);
    const original = sha1(text);
    rewrittenOf.set(original, sha1(rewritten));
    return { original, rewritten };
  }

  function shaFor(given: string | Buffer | undefined): string {
    return rewrittenOf.get(String(given).toLowerCase()) ?? NOBODY;
  }

  return {
    prepare(command: RedisCommand): Prepared {
      const [name, first, ...rest] = command;
      switch (name) {
        case "EVAL":
        case "EVAL_RO":
          if (first === undefined) break;
          return sent([name, rewrite(String(first)).rewritten, ...rest]);
        case "EVALSHA":
        case "EVALSHA_RO":
          if (first === undefined) break;
          return sent([name, forgets() ? NOBODY : shaFor(first), ...rest]);
        case "SCRIPT":
          return prepareScript(command);
        case "XREADGROUP":
        case "XADD":
        case "XTRIM":
          if (!isChanged(command)) break;
          return sent([
            "EVAL",
            asUpstashWould(ALONE, pendingLimit),
            ...keysOf(command),
            ...command,
          ]);
      }
      return sent(command);
    },
  };

  function prepareScript(command: RedisCommand): Prepared {
    const [name, subcommand = "", ...rest] = command;
    const what = String(subcommand).toUpperCase();
    if (what === "EXISTS") return sent([name, subcommand, ...rest.map(shaFor)]);
    if (what !== "LOAD" || rest.length !== 1) return sent(command);
    const { original, rewritten } = rewrite(String(rest[0]));
    return { command: [name, subcommand, rewritten], read: () => Buffer.from(original) };
  }
}

function sent(command: RedisCommand): Prepared {
  return { command, read: AS_IT_IS };
}

/** True for a command that Upstash runs in another way than Redis. */
function isChanged(command: RedisCommand): boolean {
  if (command.length > MOST_ARGUMENTS) return false;
  return command[0] === "XREADGROUP" || command.slice(2, 8).some((arg) => String(arg) === "~");
}

/** The number of keys and the keys, as EVAL wants them: a cluster finds its node by them. */
function keysOf(command: RedisCommand): (string | Buffer)[] {
  const [name, ...args] = command;
  if (name !== "XREADGROUP") return ["1", args[0] ?? ""];
  const at = args.findIndex((arg) => String(arg).toUpperCase() === "STREAMS");
  const streams = at === -1 ? [] : args.slice(at + 1);
  const keys = streams.slice(0, Math.floor(streams.length / 2));
  return [String(keys.length), ...keys];
}

function sha1(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}
