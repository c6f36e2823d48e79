import { hashTag } from "../../redis/keys.ts";
import type { Facts } from "../facts.ts";
import type { Check } from "../finding.ts";
import { redisCli } from "../words.ts";

/** What a function never needs, with the words in ACL rules that speak of it. */
const NEVER_NEEDED: Readonly<Record<string, readonly string[]>> = {
  FLUSHALL: ["flushall", "@all", "@keyspace", "@write", "@slow", "@dangerous"],
  CONFIG: ["config", "config|set", "@all", "@admin", "@slow", "@dangerous"],
  SHUTDOWN: ["shutdown", "@all", "@admin", "@slow", "@dangerous"],
};

/** A token that may do more than drain a queue. */
export const checkRights: Check = (facts) => {
  const { user } = facts.server;
  if (user === undefined) return [];
  const may = Object.keys(NEVER_NEEDED).filter((command) => isAllowed(command, user.commands));
  if (may.length === 0) return [];
  return [
    {
      id: "too-many-rights",
      severity: "warning",
      what: `The user ${user.name} may run ${may.join(", ")}.`,
      why: "Whoever gets the token out of one function can empty the whole server, or take it over.",
      mend: narrowUser(facts),
    },
  ];
};

/** The last rule that speaks of a command counts. */
function isAllowed(command: string, rules: string): boolean {
  const speaking = rules
    .toLowerCase()
    .split(/\s+/)
    .filter((rule) => NEVER_NEEDED[command]?.includes(rule.slice(1)));
  return speaking.at(-1)?.startsWith("+") === true;
}

/** A user that may do what passes, sends and this examination need, on the keys of the queue alone. */
export function narrowUser({ queue }: Pick<Facts, "queue">): string {
  const { stream, deadLetterStream } = queue;
  const own = [
    stream,
    `{${hashTag(stream)}}:xd:*`,
    ...(deadLetterStream ? [deadLetterStream] : []),
  ];
  const patterns = own.map(
    (key, i) => `~${i === 1 ? `${escaped(key.slice(0, -1))}*` : escaped(key)}`,
  );
  const commands = ["+@read", "+@write", "+@scripting", "+@connection", "-@dangerous"];
  const more = ["+info", "+time", "+acl|whoami"];
  return redisCli(
    ...["ACL", "SETUSER", "xdrain", "reset", "on", ">PASSWORD"],
    ...[...patterns, ...commands, ...more],
  );
}

/** Patterns of keys are globs. */
function escaped(key: string): string {
  return key.replace(/[*?[\]\\^]/g, "\\$&");
}
