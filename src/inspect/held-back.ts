// Why a message that could run does not: limits that the queue is opened with, and its key.

import { named } from "../redis/answers.ts";
import { asArray, asNumber, asTexts } from "../redis/reply.ts";
import type { StoreQueue } from "../store.ts";
import type { Reader } from "./reader.ts";

type Limit = readonly [
  command: readonly string[],
  tell: (reply: unknown, now: number) => string | undefined,
];

/** What the limits of the queue are asked by, and a sentence for each that holds messages back. */
export function limitsOf({ queue, keys }: Reader): readonly Limit[] {
  const { rateLimit, maxInFlight, maxPasses } = queue;
  const limits: Limit[] = [];
  if (rateLimit !== undefined) {
    limits.push([["HGETALL", keys.starts], (reply, now) => tellRate(reply, now, rateLimit)]);
  }
  if (maxInFlight !== undefined) {
    limits.push([
      ["XPENDING", queue.stream, queue.group],
      (reply) => {
        const [all, , , owners] = asArray(reply ?? [0]);
        const suspects = asArray(owners ?? [])
          .map(asTexts)
          .find(([name]) => name === "xd:suspects");
        const count = asNumber(all ?? 0) - Number(suspects?.[1] ?? 0);
        return count < maxInFlight ? undefined : `As many are in flight as may be: ${count}.`;
      },
    ]);
  }
  if (maxPasses !== undefined) {
    limits.push([
      ["ZRANGE", keys.passes, "0", "-1", "WITHSCORES"],
      (reply, now) => {
        const leases = asTexts(reply ?? []).flatMap((until, i) =>
          i % 2 === 1 ? +until - now : [],
        );
        const count = leases.filter((left) => left > 0 && left <= 2 * queue.leaseMs).length;
        return count < maxPasses ? undefined : `As many passes are under way as may be: ${count}.`;
      },
    ]);
  }
  return limits;
}

/** Counts as limits.lua does. */
function tellRate(
  reply: unknown,
  now: number,
  { limit, perMs }: NonNullable<StoreQueue["rateLimit"]>,
): string | undefined {
  const width = perMs / 100;
  const begun = [...named(reply ?? [])]
    .map(([bucket, count]) => ({ bucket: Number(bucket), count: asNumber(count) }))
    .filter(({ bucket }) => (bucket + 1) * width + perMs > now && bucket * width <= now);
  const count = begun.reduce((sum, one) => sum + one.count, 0);
  if (count < limit) return undefined;
  const first = Math.min(...begun.map(({ bucket }) => bucket));
  const next = new Date(Math.ceil((first + 1) * width + perMs));
  return `The rate limit is reached: the next begins at ${next.toISOString()}.`;
}

/** What the idempotency key of a waiting message is at; undefined where it holds nothing back. */
export async function tellKey(
  reader: Reader,
  key: string,
  message: { readonly ids: readonly string[]; readonly now: number },
): Promise<string | undefined> {
  const { keys, ids } = reader.keys;
  const [reply, holder] = await reader.ask(["ZSCORE", keys, key], ["HGET", ids, key]);
  if (reply === null || reply === undefined) return undefined;
  const score = asNumber(reply);
  if (score < 0) {
    const known = typeof holder === "string" ? holder.split(" ") : [];
    const isItself = known.length === 0 || known.some((id) => message.ids.includes(id));
    return isItself ? undefined : `Its key is held by ${known[0]}, which comes first.`;
  }
  if (Math.floor(score / 2) <= message.now) return undefined;
  return score % 2 === 1
    ? "The work of its key is done: it is completed without running."
    : "Another message with its key is worked on.";
}
