import type { Redis } from "ioredis";
import { type Entry, type RawEntries, toEntries } from "./entries.ts";

/** Reads what comes after `lastId` until nothing is left; `$` waits for what comes next. */
export async function follow(
  redis: Redis,
  { stream, lastId = "$", block = 20 }: { stream: string; lastId?: string; block?: number },
): Promise<{ entries: Entry[]; last: string }> {
  const entries: Entry[] = [];
  let [last, wait] = [lastId, block];
  for (;;) {
    const reply = (await redis.xread(
      ...(["COUNT", 100, "BLOCK", wait, "STREAMS", stream, last] as const),
    )) as [string, RawEntries][] | null;
    const found = toEntries(reply?.[0]?.[1] ?? []);
    if (found.length === 0) return { entries, last };
    entries.push(...found);
    [last, wait] = [found.at(-1)?.[0] ?? last, 20];
  }
}

/** The newest activity first, as a page shows it. */
export async function latest(
  redis: Redis,
  { stream, count }: { stream: string; count: number },
): Promise<Entry[]> {
  return toEntries(await redis.xrevrange(stream, "+", "-", "COUNT", count));
}

export async function readRange(
  redis: Redis,
  { stream, first = "-", last = "+" }: { stream: string; first?: string; last?: string },
): Promise<Entry[]> {
  return toEntries(await redis.xrange(stream, first, last));
}
