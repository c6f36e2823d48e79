// What nothing indexes is looked for among what was written since the message was sent.

import { fieldOf, ID_FIELD } from "../fields.ts";
import { readDeadLetters } from "../redis/dead-letters.ts";
import type { DeadLetterEntry } from "../store.ts";
import { readRange } from "./entries.ts";
import type { Reader } from "./reader.ts";
import { charsOf, readInSlices } from "./slices.ts";
import { sentAt } from "./story.ts";

/** How many entries and dead letters one look goes through. */
const MOST_SEARCHED = 500;

/** The entry that a delayed message became, among those behind the time when it was sent. */
export async function findEntry(reader: Reader, id: string) {
  const { items, ended } = await readInSlices<{ id: string; fields: readonly string[] }>(
    MOST_SEARCHED,
    {
      sizeOf: ({ fields }) => charsOf(fields),
      async read(last, count) {
        const from = last === undefined ? String(sentAt(id)) : `(${last.id}`;
        const range = ["XRANGE", reader.keys.stream, from, "+", "COUNT", String(count)];
        return readRange((await reader.ask(range))[0]);
      },
    },
  );
  const found = items.find(({ fields }) => fieldOf(fields, ID_FIELD) === id);
  return { entryId: found?.id, ended: ended || found !== undefined };
}

/** The dead letter of a message, among those written since it was sent. */
export async function findDeadLetter(reader: Reader, id: string) {
  const { items, ended } = await readInSlices<{ id: string; letter: DeadLetterEntry | undefined }>(
    MOST_SEARCHED,
    {
      sizeOf: ({ letter }) => charsOf(letter?.fields ?? []),
      async read(last, count) {
        const from = last === undefined ? String(sentAt(id)) : `(${last.id}`;
        const range = ["XRANGE", reader.keys.dead, from, "+", "COUNT", String(count)];
        const [reply] = await reader.ask(range);
        const letters = new Map(readDeadLetters(reply ?? []).map((letter) => [letter.id, letter]));
        return readRange(reply).map(({ id }) => ({ id, letter: letters.get(id) }));
      },
    },
  );
  const isIt = (letter: DeadLetterEntry | undefined) =>
    letter?.originalId === id || fieldOf(letter?.fields ?? [], ID_FIELD) === id;
  return { letter: items.find(({ letter }) => isIt(letter))?.letter, ended };
}
