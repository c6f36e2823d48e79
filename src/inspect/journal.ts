import { entryId } from "../entry-id.ts";
import { onlyKnown, refuse } from "../expect.ts";
import { fieldOf } from "../fields.ts";
import { millisecondsOf } from "../oldest-ready.ts";
import { asEntries } from "../redis/reply.ts";
import { TOTALS, type Totals } from "../statistics.ts";
import { cutPage, type Page, pageSize } from "./page.ts";
import type { Reader } from "./reader.ts";

/**
 * What a pass did since the record before: most passes leave one, at their end; one that runs for long
 * leaves one every half minute. Passes that had nothing to do leave none.
 */
export interface PassRecord extends Totals {
  readonly id: string;
  /** When it was written, by the server's clock. */
  readonly at: Date;
  /** Why the pass ended, as in its report; `running` where it went on. */
  readonly stopped: string;
  /** Since the pass began. */
  readonly elapsedMs: number;
  /** What waited or was worked on when it was written. */
  readonly backlog: number;
  /** Handlers that ran, and how long together. */
  readonly ran: number;
  readonly ranMs: number;
  /** Messages that were handed out for the first time, and how long they had waited together. */
  readonly waited: number;
  readonly waitedMs: number;
  /** Messages that it had in hand: completed, retried, dead, given back, or lost to another pass. */
  readonly claimed: number;
}

export interface JournalOptions {
  /** The id before which the page begins. */
  readonly before?: string;
  /** Nothing older than this. */
  readonly since?: Date;
  /** @default 50 */
  readonly count?: number;
}

/** The newest records first. */
export async function readJournal(
  reader: Reader,
  options: JournalOptions = {},
): Promise<Page<PassRecord>> {
  onlyKnown("journal", options, ["before", "since", "count"]);
  const count = pageSize(options.count);
  const high = options.before === undefined ? "+" : `(${entryId("before", options.before)}`;
  const low = options.since === undefined ? "-" : String(timeOf(options.since));
  const [reply] = await reader.ask([
    ...["XREVRANGE", reader.keys.journal, high, low, "COUNT", String(count + 1)],
  ]);
  const page = cutPage(asEntries(reply), count, ({ id }) => id);
  const items = page.items.flatMap(({ id, fields }) => describePass(id, fields));
  return { items, next: page.next };
}

function timeOf(since: Date): number {
  const ms = since instanceof Date ? since.getTime() : Number.NaN;
  return Number.isFinite(ms) ? Math.max(0, Math.floor(ms)) : refuse("since", "a Date", since);
}

/** Entries that are no records of ours are passed over. */
function describePass(id: string, fields: readonly string[]): readonly PassRecord[] {
  const stopped = fieldOf(fields, "stopped");
  if (stopped === undefined) return [];
  const count = (name: string) => {
    const number = Number(fieldOf(fields, name) ?? "0");
    return Number.isFinite(number) ? number : 0;
  };
  const totals = Object.fromEntries(TOTALS.map((name) => [name, count(name)])) as unknown as Totals;
  const { completed, retried, dead, released, lost, uncertain } = totals;
  return [
    {
      id,
      at: new Date(millisecondsOf(id)),
      stopped,
      elapsedMs: count("ms"),
      backlog: count("backlog"),
      ran: count("ran"),
      ranMs: count("ranMs"),
      waited: count("waited"),
      waitedMs: count("waitedMs"),
      claimed: completed + retried + dead + released + lost + uncertain,
      ...totals,
    },
  ];
}
