import type { Redis } from "ioredis";
import { onTestFinished } from "vitest";
import { type AsText, createQueue, type Queue, type QueueOptions } from "../../src/index.ts";
import { connectRaw, uniqueName } from "../support/redis.ts";
import { openStore, type TransportName } from "../transports/stores.ts";

/** The consumer group that workers and passes share. */
export const GROUP = "workers";

export interface Order {
  readonly order_id: string;
  readonly customer_id: string;
  readonly item: string;
  readonly total: number;
}

export type Orders = Queue<Order, AsText<Order>>;

/** What a hand-written worker did. */
export interface Worked {
  /** The fields of every message that it tried. */
  readonly tries: readonly Readonly<Record<string, string>>[];
  readonly done: readonly {
    readonly stream: string;
    readonly id: string;
    readonly item: string;
    readonly total: number;
  }[];
}

export type Entry = readonly [id: string, data: Readonly<Record<string, string>>];

export function orders(count: number, from = 0): Order[] {
  return Array.from({ length: count }, (_, i) => ({
    order_id: `ord_${from + i}`,
    customer_id: "cus_456",
    item: "iPhone 15",
    total: 99.99,
  }));
}

/** A queue over the stream of a shop, in the group of its workers, and a connection to look. */
export async function openShop(
  options: Partial<QueueOptions> = {},
  transport: TransportName = "tcp",
) {
  const redis = connectRaw();
  onTestFinished(() => redis.disconnect());
  const stream = uniqueName("orders");
  const store = await openStore(transport);
  const queue: Orders = createQueue<Order>({
    name: stream,
    group: GROUP,
    store,
    ...options,
    codec: "fields",
  });
  return { redis, stream, queue, store };
}

/** Resolves once the connection of that name waits in a blocking command. */
export async function untilBlocked(redis: Redis, name: string): Promise<void> {
  for (;;) {
    const clients = String(await redis.client("LIST")).split("\n");
    if (clients.some((line) => line.includes(` name=${name} `) && / flags=\w*b/.test(line))) return;
  }
}
