import { randomBytes } from "node:crypto";
import { findRedisServer, startRedis } from "../scripts/local-redis.ts";
import { serveGateway } from "../src/gateway/index.ts";
import type { Cleanup } from "./cleanup.ts";
import type { RedisChoice } from "./options.ts";
import { createRest, type Rest } from "./rest.ts";

/** The Redis of a demo, as every function sees it: a REST address and a token. */
export interface DemoRedis {
  /** In words, for the first lines of the output. */
  readonly what: string;
  readonly url: string;
  readonly token: string;
  /** Started for the demo, and gone with it. */
  readonly own: boolean;
  /** The one of an npm package runs in this very process, and is slow. */
  readonly slow: boolean;
  readonly rest: Rest;
}

/** At the end nobody waits for an answer any more. */
const STOP_MS = 1_000;

/** Opens the Redis that was asked for; one that speaks no REST gets a gateway in front. */
export async function openRedis(choice: RedisChoice, cleanup: Cleanup): Promise<DemoRedis> {
  const redis = await connect(choice, cleanup);
  try {
    await redis.rest.command("PING");
  } catch (cause) {
    throw new Error(`There is no way to ${redis.what}.`, { cause });
  }
  return redis;
}

async function connect(choice: RedisChoice, cleanup: Cleanup): Promise<DemoRedis> {
  if (choice.kind === "rest") {
    const { url, token } = choice;
    return {
      what: `the REST API at ${hostOf(url)}`,
      url,
      token,
      own: false,
      slow: false,
      rest: createRest(url, token),
    };
  }
  const own = choice.kind === "own" ? await startOwn(choice.embedded, cleanup) : undefined;
  const token = randomBytes(16).toString("hex");
  const redis = choice.kind === "tcp" ? choice.url : (own?.url ?? "");
  const starting = serveGateway({ redis, token, stopTimeoutMs: STOP_MS });
  cleanup.add(() => starting.then((running) => running.close(), ignore));
  const gateway = await starting;
  return {
    what: `${own?.what ?? `the Redis at ${hostOf(redis)}`}, behind the REST gateway`,
    url: gateway.url,
    token,
    own: own !== undefined,
    slow: own?.slow ?? false,
    rest: createRest(gateway.url, token),
  };
}

async function startOwn(embedded: boolean, cleanup: Cleanup) {
  const binary = embedded ? undefined : findRedisServer({ install: false });
  // Known to the clean-up before it runs: a Ctrl-C in between must not leave it behind.
  const starting = startRedis(binary);
  cleanup.add(() => starting.then((running) => running.stop(), ignore));
  const redis = await starting;
  const slow = redis.kind === "embedded";
  const what = slow ? "the Redis of an npm package (slow)" : "a redis-server of its own";
  return { url: redis.url, what, slow };
}

/** What could not be started needs no end, and its error is told where it is awaited. */
function ignore(): void {}

/** Where it is, without the password that the address may hold. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "the given address";
}
