import { entryId } from "../entry-id.ts";
import { integer, name, onlyKnown } from "../expect.ts";
import { comesAfter } from "../oldest-ready.ts";
import { asArray, asNumber, asText } from "../redis/reply.ts";
import { cutPage, type Page, pageSize, rangeEnd } from "./page.ts";
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
  /**
   * First id of the range, included, in any form that XPENDING takes: an id, milliseconds since 1970, `-`,
   * or an id behind `(`, which excludes it. @default "-"
   */
  readonly start?: string;
  /** Last id of the range, included, in the same forms. @default "+" */
  readonly end?: string;
  /** The `next` of the page before, or another id behind which the page begins. */
  readonly after?: string;
  /** @default 50 */
  readonly count?: number;
  /** Only what this one has. */
  readonly consumer?: string;
  /** Only what has been idle for this long, in milliseconds; Redis then reads the range until the page is full. */
  readonly minIdleMs?: number;
}

export async function readPending(
  reader: Reader,
  options: PendingOptions = {},
): Promise<Page<PendingEntry>> {
  onlyKnown("pending", options, ["start", "end", "after", "count", "consumer", "minIdleMs"]);
  const count = pageSize(options.count);
  const { stream, group } = reader.queue;
  const from = firstOf(options);
  const to = rangeEnd("end", options.end ?? "+");
  const range = { min: 0, max: Number.MAX_SAFE_INTEGER, default: 0 };
  const minIdle = integer("minIdleMs", options.minIdleMs, range);
  const idle = minIdle === 0 ? [] : ["IDLE", String(minIdle)];
  const owner = options.consumer === undefined ? [] : [name("consumer", options.consumer)];
  const [reply] = await reader.ask([
    ...["XPENDING", stream, group, ...idle, from, to, String(count + 1)],
    ...owner,
  ]);
  return cutPage(readPendingEntries(reply), count, ({ id }) => id);
}

/** Where the page begins: at `start` or behind `after`, whichever comes later. */
function firstOf(options: PendingOptions): string {
  const start = rangeEnd("start", options.start ?? "-");
  if (options.after === undefined || start === "+") return start;
  const after = entryId("after", options.after);
  return comesAfter(start.replace(/^[(-]/, ""), after) ? start : `(${after}`;
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
