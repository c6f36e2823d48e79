// What the server tells of itself, read from replies that differ between servers.

import { named } from "../redis/answers.ts";
import { asArray, asText } from "../redis/reply.ts";

/** What the connection's user may do; its passwords are left where they are. */
export interface UserFacts {
  readonly name: string;
  /** ACL rules of commands, as the server lists them. */
  readonly commands: string;
}

export interface ClientFacts {
  /** The last command it sent. */
  readonly command: string;
  /** The library that it says it is; empty where it says nothing. */
  readonly library: string;
}

/** Reads INFO: names and values, a line each. */
export function readInfo(reply: unknown): ReadonlyMap<string, string> {
  const lines = asText(reply).split(/\r?\n/);
  return new Map(
    lines.flatMap((line) => {
      const colon = line.indexOf(":");
      return line.startsWith("#") || colon < 1
        ? []
        : [[line.slice(0, colon), line.slice(colon + 1)] as const];
    }),
  );
}

/** Reads the value of one setting from CONFIG GET; undefined where the server does not know it. */
export function readSetting(reply: unknown): string | undefined {
  const [, value] = asArray(reply);
  return value === undefined ? undefined : asText(value);
}

/** Reads ACL GETUSER. */
export function readUser(name: string, reply: unknown): UserFacts {
  const commands = named(reply).get("commands");
  return { name, commands: typeof commands === "string" ? commands : "" };
}

/** Reads CLIENT LIST, a line for each client. */
export function readClients(reply: unknown): ClientFacts[] {
  const lines = asText(reply)
    .split("\n")
    .filter((line) => line.trim() !== "");
  return lines.map((line) => ({
    command: wordIn(line, "cmd"),
    library: wordIn(line, "lib-name"),
  }));
}

function wordIn(line: string, name: string): string {
  return new RegExp(`(?:^| )${name}=(\\S*)`).exec(line)?.[1] ?? "";
}

/** A number that INFO tells; undefined where it does not. */
export function infoNumber(
  info: ReadonlyMap<string, string> | undefined,
  name: string,
): number | undefined {
  const text = info?.get(name);
  const number = Number(text);
  return text === undefined || text === "" || !Number.isFinite(number) ? undefined : number;
}
