import { integer, name, onlyKnown } from "../expect.ts";
import { asArray, asNumber, asText } from "../redis/reply.ts";
import { cutPage, entryId, type Page, pageSize } from "./page.ts";
import type { Reader } from "./reader.ts";

/** A message that was handed out and not settled. */
export interface PendingEntry {
  readonly id: string;
  readonly consumer: string;
  /** Since it was handed out, or its lease renewed. */
  readonly idleMs: number;
  readonly deliveries: number;
}

export interface PendingOptions {
  /** The id behind which the page begins. */
  readonly after?: string;
  /** @default 50 */
  readonly count?: number;
  /** Only what this one has. */
  readonly consumer?: string;
  /** Only what is idle for so long; Redis then looks at all of them. */
  readonly minIdleMs?: number;
}

export async function readPending(
  reader: Reader,
  options: PendingOptions = {},
): Promise<Page<PendingEntry>> {
  onlyKnown("pending", options, ["after", "count", "consumer", "minIdleMs"]);
  const count = pageSize(options.count);
  const { stream, group } = reader.queue;
  const from = options.after === undefined ? "-" : `(${entryId("after", options.after)}`;
  const range = { min: 0, max: Number.MAX_SAFE_INTEGER, default: 0 };
  const minIdle = integer("minIdleMs", options.minIdleMs, range);
  const idle = minIdle === 0 ? [] : ["IDLE", String(minIdle)];
  const owner = options.consumer === undefined ? [] : [name("consumer", options.consumer)];
  const [reply] = await reader.ask([
    ...["XPENDING", stream, group, ...idle, from, "+", String(count + 1)],
    ...owner,
  ]);
  return cutPage(readPendingEntries(reply), count, ({ id }) => id);
}

/** The reply of XPENDING for a range. */
export function readPendingEntries(reply: unknown): PendingEntry[] {
  return asArray(reply ?? []).map((entry) => {
    const [id, consumer, idleMs, deliveries] = asArray(entry);
    return {
      id: asText(id),
      consumer: asText(consumer),
      idleMs: asNumber(idleMs),
      deliveries: asNumber(deliveries),
    };
  });
}
