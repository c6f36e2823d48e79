import { entryId } from "../entry-id.ts";
import { flag, onlyKnown } from "../expect.ts";
import { comesAfter, millisecondsOf } from "../oldest-ready.ts";
import { readGroup } from "../redis/answers.ts";
import { asArray, asEntries } from "../redis/reply.ts";
import type { StreamEntry } from "../store.ts";
import { type Page, pageSize, shownChars } from "./page.ts";
import { type Content, describeContent } from "./payload.ts";
import { readPendingEntries } from "./pending.ts";
import type { Reader } from "./reader.ts";
import { charsOf, readInSlices } from "./slices.ts";

/** `done`: completed, and kept; where nothing is kept, nothing proves that it is (see `repair`). */
export type EntryState = "ready" | "inFlight" | "parked" | "done";

/** An entry of the stream, and where its message is. */
export interface EntryInfo extends Content {
  readonly id: string;
  /** When it was added to the stream. */
  readonly addedAt: Date;
  readonly state: EntryState;
}

export interface EntriesOptions {
  /** The id behind which the page begins. */
  readonly after?: string;
  /** The id before which it ends; in reverse, where it begins. */
  readonly before?: string;
  /** @default 50 */
  readonly count?: number;
  /** The newest first. @default false */
  readonly reverse?: boolean;
  /** How much of each payload is shown. @default 2,000 */
  readonly payloadChars?: number;
}

/**
 * A page of the stream, in at most three round trips: two slices of entries, and where they are. It is
 * shorter than asked for where payloads are large.
 */
export async function readEntries(
  reader: Reader,
  options: EntriesOptions = {},
): Promise<Page<EntryInfo>> {
  const known = ["after", "before", "count", "reverse", "payloadChars"];
  onlyKnown("entries", options, known);
  const count = pageSize(options.count);
  const chars = shownChars(options.payloadChars);
  const reverse = flag("reverse", options.reverse, false);
  const low = options.after === undefined ? "-" : `(${entryId("after", options.after)}`;
  const high = options.before === undefined ? "+" : `(${entryId("before", options.before)}`;

  const { items, ended } = await readInSlices<StreamEntry>(count, {
    sizeOf: ({ fields }) => charsOf(fields),
    async read(last, most) {
      const [from, to] = reverse ? [high, low] : [low, high];
      const command = reverse ? "XREVRANGE" : "XRANGE";
      const begin = last === undefined ? from : `(${last.id}`;
      const { stream } = reader.keys;
      const [reply] = await reader.ask([command, stream, begin, to, "COUNT", String(most)]);
      return asEntries(reply);
    },
  });
  const stateOf = await readStates(reader, items);
  const entries = items.map(({ id, fields }) => ({
    id,
    addedAt: new Date(millisecondsOf(id)),
    state: stateOf(id),
    ...describeContent(fields, reader.queue.keyField, chars),
  }));
  return { items: entries, next: ended ? undefined : items.at(-1)?.id };
}

async function readStates(
  reader: Reader,
  entries: readonly StreamEntry[],
): Promise<(id: string) => EntryState> {
  const ids = entries.map(({ id }) => id);
  const [first, last] = [ids.at(0), ids.at(-1)].sort((a = "", b = "") =>
    comesAfter(a, b) ? 1 : -1,
  );
  if (first === undefined || last === undefined) return () => "done";
  const { stream, group } = reader.queue;
  const [groups, pending, scores] = await reader.ask(
    ["XINFO", "GROUPS", stream],
    // More than the page: what is pending without an entry any more must not hide the others.
    ["XPENDING", stream, group, first, last, String(ids.length + 500)],
    ["ZMSCORE", reader.keys.parked, ...ids],
  );
  const position = readGroup(groups, group)?.lastDelivered ?? "0-0";
  const inFlight = new Set(readPendingEntries(pending).map(({ id }) => id));
  const parkedScores = asArray(scores ?? []);
  const parked = new Set(ids.filter((_, i) => typeof parkedScores[i] === "string"));
  return (id) => {
    if (inFlight.has(id)) return "inFlight";
    if (parked.has(id)) return "parked";
    return comesAfter(id, position) ? "ready" : "done";
  };
}
