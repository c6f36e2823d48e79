import type { Redis } from "ioredis";
import { onTestFinished } from "vitest";
import { systemClock } from "../../src/redis/clock.ts";
import type { Store } from "../../src/store.ts";
import { memoryStore } from "../../src/testing.ts";
import { upstashLikeTarget } from "../conformance/targets.ts";
import { connectRaw } from "../support/redis.ts";
import { openStore } from "../transports/stores.ts";

/** A store, and the lists beside it as the old programs use them. */
export interface Lists {
  readonly store: Store;
  /** LPUSH, one item after the other. */
  push(list: string, ...items: readonly string[]): Promise<void>;
  /** RPUSH. */
  pushRight(list: string, ...items: readonly string[]): Promise<void>;
  /** BRPOPLPUSH without the waiting. */
  take(from: string, to: string): Promise<string | undefined>;
  /** LREM of one. */
  finish(list: string, item: string): Promise<void>;
  /** From left to right. */
  items(list: string): Promise<readonly string[]>;
  /** The fields of all entries. */
  entries(stream: string): Promise<readonly (readonly string[])[]>;
}

export const TARGETS = ["memory", "tcp", "rest", "a REST API like Upstash's"] as const;

export async function openLists(target: (typeof TARGETS)[number]): Promise<Lists> {
  if (target === "memory") return listsInMemory();
  const redis = connectRaw();
  onTestFinished(() => redis.disconnect());
  if (target === "tcp" || target === "rest") return listsInRedis(redis, await openStore(target));
  const upstash = await upstashLikeTarget({ unknownScripts: 0.3, staleReads: 0.3 });
  onTestFinished(() => upstash.close());
  return listsInRedis(redis, upstash.store);
}

export function listsInRedis(redis: Redis, store: Store): Lists {
  return {
    store,
    async push(list, ...items) {
      for (let i = 0; i < items.length; i += 1_000) {
        await redis.lpush(list, ...items.slice(i, i + 1_000));
      }
    },
    async pushRight(list, ...items) {
      await redis.rpush(list, ...items);
    },
    take: async (from, to) => (await redis.rpoplpush(from, to)) ?? undefined,
    async finish(list, item) {
      await redis.lrem(list, 1, item);
    },
    items: (list) => redis.lrange(list, 0, -1),
    entries: async (stream) => (await redis.xrange(stream, "-", "+")).map(([, fields]) => fields),
  };
}

function listsInMemory(): Lists {
  const store = memoryStore({ clock: systemClock });
  return {
    store,
    async push(list, ...items) {
      for (const item of items) store.list(list).unshift(item);
    },
    async pushRight(list, ...items) {
      store.list(list).push(...items);
    },
    async take(from, to) {
      const item = store.list(from).pop();
      if (item !== undefined) store.list(to).unshift(item);
      return item;
    },
    async finish(list, item) {
      const items = store.list(list);
      const at = items.indexOf(item);
      if (at !== -1) items.splice(at, 1);
    },
    items: async (list) => [...store.list(list)],
    entries: async (stream) =>
      store
        .stream(stream)
        .list()
        .map(({ fields }) => fields),
  };
}

/** The items of a list of `count` orders, the oldest first. */
export function orders(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, i) => JSON.stringify({ order: from + i }));
}

/** The payloads of entries that hold JSON. */
export function payloadsOf(entries: readonly (readonly string[])[]): unknown[] {
  return entries.map((fields) => JSON.parse(fields.at(-1) ?? "") as unknown);
}
