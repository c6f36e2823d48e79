import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { UsageError } from "../errors.ts";
import type { Terminal } from "../terminal.ts";
import { startEmbedded } from "./embedded.ts";
import { startServer } from "./redis-server.ts";
import type { Service } from "./service.ts";

/** The Redis that `dev` works with: one that is there, a server to start, or one inside of `dev`. */
export type RedisChoice =
  | { readonly kind: "named"; readonly url: string; readonly note: string }
  | { readonly kind: "server"; readonly program: string; readonly data: string | undefined }
  | { readonly kind: "embedded" };

const PROGRAMS = ["redis-server", "valkey-server"];

/**
 * The one that `--redis` names, else a server of the PATH, else that of REDIS_URL, else an embedded one.
 * @throws UsageError
 */
export function chooseRedis(
  args: { readonly redis: string | undefined; readonly data: string | undefined },
  env: Terminal["env"],
): RedisChoice {
  const choice = chosen(args, env);
  if (args.data !== undefined && choice.kind !== "server") {
    const got = { named: "got the address of one", embedded: "found none" }[choice.kind];
    throw new UsageError(
      `Expected a redis-server or valkey-server on the PATH to keep --data, ${got}: leave out ${choice.kind === "named" ? "one of the two" : "--data, or install one"}.`,
    );
  }
  return choice;
}

export async function startRedis(choice: RedisChoice, env: Terminal["env"]): Promise<Service> {
  if (choice.kind === "server") return startServer(choice.program, choice.data, env);
  if (choice.kind === "embedded") return startEmbedded();
  const { url, note } = choice;
  return { name: "redis", url, note, close: async () => {} };
}

function chosen(
  { redis, data }: Parameters<typeof chooseRedis>[0],
  env: Terminal["env"],
): RedisChoice {
  if (redis !== undefined) return named(redis, "--redis");
  const program = PROGRAMS.map((name) => find(name, env)).find((path) => path !== undefined);
  if (program !== undefined) return { kind: "server", program, data };
  if (env.REDIS_URL) return named(env.REDIS_URL, "REDIS_URL");
  return { kind: "embedded" };
}

function named(url: string, source: string): RedisChoice {
  if (/^rediss?:\/\//.test(url)) return { kind: "named", url, note: `as ${source} says` };
  throw new UsageError(`Expected ${source} to begin with redis:// or rediss://.`);
}

function find(program: string, { PATH = "" }: Terminal["env"]): string | undefined {
  const paths = PATH.split(delimiter).filter((folder) => folder !== "");
  return paths.map((folder) => join(folder, program)).find((path) => existsSync(path));
}
