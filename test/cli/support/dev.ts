import { dirname } from "node:path";
import { inject } from "vitest";
import { findRedisServer } from "../../../scripts/local-redis.ts";
import { type Env, type Json, type Pattern, type Running, start } from "./run.ts";

/** What `dev --json` prints when it is ready. */
export interface Ready {
  readonly services: readonly { readonly name: string; readonly url: string }[];
  readonly env: Record<string, string>;
}

export function readyIn(text: string): Ready {
  return eventsIn(text).find(({ event }) => event === "ready") as Ready;
}

/** All that `dev --json` has printed. */
export function eventsIn(text: string): readonly Json[] {
  const lines = text.slice(0, text.lastIndexOf("\n")).split("\n");
  return lines.map((line) => JSON.parse(line) as Json);
}

export function countOf(text: string, event: string): number {
  return eventsIn(text).filter((some) => some.event === event).length;
}

/** Starts `dev` over the Redis of this test run; it starts nothing again by time alone. */
export function startDev(...args: readonly string[]): Running {
  return start(["dev", "--redis", inject("redisUrl"), "--json", "--every", "1h", ...args]);
}

/** Matches once there were so many of an event. */
export function times(count: number, event: string): Pattern {
  return { test: (printed) => printed.split(`"event":"${event}"`).length > count };
}

/** A PATH with a redis-server on it. */
export function withRedisServer(): Env {
  const { path = "", env = {} } = findRedisServer({ install: false }) ?? {};
  const { PATH = "", LD_LIBRARY_PATH = "" } = env;
  return { PATH: `${dirname(path)}:${PATH}`, LD_LIBRARY_PATH };
}
