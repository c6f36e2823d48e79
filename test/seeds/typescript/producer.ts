import type { Redis } from "ioredis";

/** What a shop writes into its stream. */
export type Order = Readonly<Record<string, string | number>>;

/** Adds orders one by one; `maxlen` is approximate, as in XADD MAXLEN ~. */
export async function produce(
  redis: Redis,
  { stream, orders, maxlen }: { stream: string; orders: readonly Order[]; maxlen?: number },
): Promise<string[]> {
  const ids: string[] = [];
  for (const order of orders) {
    const fields = Object.entries(order).flat();
    const id = await (maxlen === undefined
      ? redis.xadd(stream, "*", ...fields)
      : redis.xadd(stream, "MAXLEN", "~", maxlen, "*", ...fields));
    ids.push(id ?? "");
  }
  return ids;
}

/** Cuts the stream by length or by age; returns how many entries went. */
export function trim(
  redis: Redis,
  cut: { stream: string; maxlen?: number; minid?: string; approximate?: boolean },
): Promise<unknown> {
  const [by, mark] = cut.minid === undefined ? ["MAXLEN", cut.maxlen ?? 0] : ["MINID", cut.minid];
  return redis.call("XTRIM", cut.stream, by, cut.approximate === true ? "~" : "=", mark);
}
