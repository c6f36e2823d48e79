// What nothing indexes is looked for among what was written since the message was sent.

import { delayedId } from "../fields.ts";
import { type DeadLetterEntry, messageIdOf, readDeadLetter } from "../read-dead-letter.ts";
import { asEntries } from "../redis/reply.ts";
import type { StreamEntry } from "../store.ts";
import type { Reader } from "./reader.ts";
import { charsOf, readInSlices } from "./slices.ts";
import { sentAt } from "./story.ts";

/** How many entries and dead letters one look goes through. */
const MOST_SEARCHED = 500;

/** The entry that a delayed message became, among those behind the time when it was sent. */
export async function findEntry(reader: Reader, id: string) {
  const { items, ended } = await readInSlices<StreamEntry>(MOST_SEARCHED, {
    sizeOf: ({ fields }) => charsOf(fields),
    async read(last, count) {
      const from = last === undefined ? String(sentAt(id)) : `(${last.id}`;
      const range = ["XRANGE", reader.keys.stream, from, "+", "COUNT", String(count)];
      return asEntries((await reader.ask(range))[0]);
    },
  });
  const found = items.find(({ fields }) => delayedId(fields) === id);
  return { entryId: found?.id, ended: ended || found !== undefined };
}

/** The dead letter of a message, among those written since it was sent. */
export async function findDeadLetter(reader: Reader, id: string) {
  const { items, ended } = await readInSlices<DeadLetterEntry>(MOST_SEARCHED, {
    sizeOf: ({ fields }) => charsOf(fields),
    async read(last, count) {
      const from = last === undefined ? String(sentAt(id)) : `(${last.id}`;
      const range = ["XRANGE", reader.keys.dead, from, "+", "COUNT", String(count)];
      const entries = asEntries((await reader.ask(range))[0]);
      return entries.map((entry) => readDeadLetter(entry, reader.queue.retryCountField));
    },
  });
  const isIt = (letter: DeadLetterEntry) => letter.originalId === id || messageIdOf(letter) === id;
  return { letter: items.find(isIt), ended };
}
