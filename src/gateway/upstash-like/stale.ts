import type { RedisCommand, Reply } from "../backend.ts";
import { accessOf, isContainer } from "../commands.ts";

const REMEMBERED = 1000;
/** They say nothing about data. */
const NOT_OF_DATA = new Set(["PING", "ECHO", "TIME", "COMMAND", "LOLWUT"]);

/** What plain reads were answered before, as a replica that lags behind would answer them again. */
export interface StaleReads {
  /** An earlier answer to the same read, where chance wants a stale one. */
  lookUp(command: RedisCommand): Reply | undefined;
  remember(command: RedisCommand, reply: Reply): void;
}

export function createStaleReads(isStale: () => boolean): StaleReads {
  const answers = new Map<string, Reply>();
  return {
    lookUp(command) {
      if (!isPlainRead(command)) return undefined;
      const earlier = answers.get(keyOf(command));
      return earlier !== undefined && isStale() ? earlier : undefined;
    },
    remember(command, reply) {
      if (!isPlainRead(command) || reply instanceof Error) return;
      const key = keyOf(command);
      answers.delete(key);
      answers.set(key, reply);
      const [oldest] = answers.keys();
      if (answers.size > REMEMBERED && oldest !== undefined) answers.delete(oldest);
    },
  };
}

/** True for a command that a replica may answer. */
export function isPlainRead(command: RedisCommand): boolean {
  const [name, first] = command;
  if (NOT_OF_DATA.has(name)) return false;
  const full = isContainer(name) ? `${name}|${String(first).toUpperCase()}` : name;
  return accessOf(full) === "read";
}

function keyOf(command: RedisCommand): string {
  return JSON.stringify(command);
}
