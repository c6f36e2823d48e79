import type { Redis } from "ioredis";

interface Look {
  readonly stream: string;
  readonly group: string;
  readonly consumer?: string;
  readonly first?: string;
  readonly last?: string;
}

/** What a consumer group has in flight, as XPENDING knows it. */
export async function pending(
  redis: Redis,
  { stream, group, consumer, first = "-", last = "+" }: Look,
) {
  const [total, , , consumers] = (await redis.xpending(stream, group)) as [
    ...[total: number, lowest: string | null, highest: string | null],
    consumers: [name: string, count: string][] | null,
  ];
  const range = [stream, group, first, last, 100] as const;
  const entries = (await (consumer === undefined
    ? redis.xpending(...range)
    : redis.xpending(...range, consumer))) as [string, string, number, number][];
  return {
    total,
    consumers: Object.fromEntries((consumers ?? []).map(([name, count]) => [name, Number(count)])),
    entries: entries.map(([id, owner, , deliveries]) => ({ id, consumer: owner, deliveries })),
  };
}
