import type { Argv } from "yargs";
import { ioredis } from "../redis/ioredis.ts";
import { upstash } from "../redis/upstash.ts";
import type { Store } from "../store.ts";
import { UsageError } from "./errors.ts";
import type { Terminal } from "./terminal.ts";

/** Where Redis is, as far as the command line says it. */
export interface ConnectionOptions {
  readonly url: string | undefined;
  readonly token: string | undefined;
  readonly redis: string | undefined;
}

/** A store, and what lets its connection go. */
export interface Connection {
  readonly store: Store;
  close(): void;
}

const GROUP = "Where Redis is:";

export function withConnection<Options>(argv: Argv<Options>): Argv<Options & ConnectionOptions> {
  return argv.options({
    url: {
      type: "string",
      group: GROUP,
      describe: "Address of a REST API of Redis [UPSTASH_REDIS_REST_URL]",
    },
    token: {
      type: "string",
      group: GROUP,
      describe: "Its token; other users of the machine see it in `ps` [UPSTASH_REDIS_REST_TOKEN]",
    },
    redis: {
      type: "string",
      group: GROUP,
      describe: "Or redis://host:6379; a password in it shows in `ps` [REDIS_URL]",
    },
  }) as unknown as Argv<Options & ConnectionOptions>;
}

/** The names under which secrets are given; their values never show. */
export const SECRET_FLAGS = ["token"] as const;

/**
 * Opens the Redis that was named: by `--redis`, by `--url` and `--token`, by the variables of the REST
 * API, or by REDIS_URL, in this order.
 * @throws UsageError where none was named.
 */
export function openConnection(options: ConnectionOptions, env: Terminal["env"]): Connection {
  const { url, token, redis } = options;
  if (redis !== undefined && (url !== undefined || token !== undefined)) {
    throw new UsageError("Expected either --redis or --url with --token, got both.");
  }
  const restUrl = url ?? env.UPSTASH_REDIS_REST_URL;
  const restToken = token ?? env.UPSTASH_REDIS_REST_TOKEN;
  if (redis === undefined && restUrl) return overRest(restUrl, restToken);
  const redisUrl = redis ?? env.REDIS_URL;
  if (redisUrl) return overTcp(redisUrl, redis === undefined ? "REDIS_URL" : "--redis");
  if (token !== undefined) throw new UsageError("Expected --url beside --token.");
  throw new UsageError(
    "Expected to be told where Redis is: set UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN, or REDIS_URL.",
  );
}

function overRest(url: string, token: string | undefined): Connection {
  if (!token) {
    throw new UsageError("Expected the token of the REST API: set UPSTASH_REDIS_REST_TOKEN.");
  }
  return {
    store: upstash({ url, token }),
    close: () => {},
  };
}

function overTcp(url: string, source: string): Connection {
  if (!/^rediss?:\/\//.test(url)) {
    throw new UsageError(`Expected ${source} to begin with redis:// or rediss://.`);
  }
  const store = ioredis({ url });
  return { store, close: () => store.close() };
}

/** What must not show in anything that is printed. */
export function secretsOf(args: Readonly<Record<string, unknown>>, env: Terminal["env"]): string[] {
  const flags = SECRET_FLAGS.map((flag) => args[flag]);
  const values = [...flags, env.UPSTASH_REDIS_REST_TOKEN, env.XDRAIN_TOKEN];
  return values.filter((value) => typeof value === "string");
}
