import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import type { Redis } from "ioredis";
import { inject, onTestFinished } from "vitest";
import { findRedisServer } from "../../scripts/local-redis.ts";
import { connectRaw } from "../support/redis.ts";

// Programs of other makes, which know nothing of xdrain: they use plain stream commands.

export type Entry = readonly [id: string, fields: readonly string[]];

/** A raw connection that goes when the test is over. */
export function otherProgram(url?: string): Redis {
  const redis = connectRaw(url);
  onTestFinished(() => redis.disconnect());
  return redis;
}

/** Reads new entries as a consumer of its own; they stay pending until it acknowledges them. */
export async function readGroup(
  redis: Redis,
  stream: string,
  consumer: string,
  count: number,
  group = "xdrain",
): Promise<readonly Entry[]> {
  const reply = (await redis.call(
    "XREADGROUP",
    ...["GROUP", group, consumer, "COUNT", count, "STREAMS", stream, ">"],
  )) as [string, Entry[]][] | null;
  return reply?.[0]?.[1] ?? [];
}

/** Makes what a consumer holds look as if it had been silent for a day. */
export async function age(redis: Redis, stream: string, consumer: string, ids: readonly string[]) {
  const day = ["IDLE", 86_400_000, "JUSTID"];
  await redis.call("XCLAIM", stream, "xdrain", consumer, 0, ...ids, ...day);
}

/** Consumers of the group and how many entries each holds. */
export async function consumersOf(redis: Redis, stream: string): Promise<Record<string, number>> {
  const list = (await redis.call("XINFO", "CONSUMERS", stream, "xdrain")) as (string | number)[][];
  return Object.fromEntries(list.map((info) => [String(info[1]), Number(info[3])]));
}

export async function idsOf(redis: Redis, stream: string): Promise<string[]> {
  return (await redis.xrange(stream, "-", "+")).map(([id]) => id);
}

/** Adds entries without any library: `count` of them, each with the one field `n`. */
export async function addPlain(redis: Redis, stream: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let first = 0; first < count; first += 1_000) {
    const pipeline = redis.pipeline();
    for (let n = first; n < Math.min(count, first + 1_000); n += 1) {
      pipeline.xadd(stream, "*", "n", n);
    }
    for (const [error, id] of (await pipeline.exec()) ?? []) {
      if (error !== null) throw error;
      ids.push(String(id));
    }
  }
  return ids;
}

/** Runs the real redis-cli that lies beside redis-server. */
export function redisCli(...args: string[]): string {
  const server = findRedisServer({ install: false });
  if (server === undefined) throw new Error("There is no redis-server.");
  const { port } = new URL(inject("redisUrl"));
  const cli = join(dirname(server.path), "redis-cli");
  return execFileSync(cli, ["-p", port, ...args], { env: server.env, encoding: "utf8" }).trim();
}
