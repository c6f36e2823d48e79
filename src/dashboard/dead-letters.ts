import { fieldOf, ID_FIELD } from "../fields.ts";
import { readRange } from "../inspect/entries.ts";
import { entryId, type Page } from "../inspect/page.ts";
import { type Content, describeContent } from "../inspect/payload.ts";
import type { Reader } from "../inspect/reader.ts";
import { charsOf, readInSlices } from "../inspect/slices.ts";
import { readDeadLetters } from "../redis/dead-letters.ts";
import type { DeadLetterEntry } from "../store.ts";

/** A dead letter as it is shown. */
export interface Letter extends Omit<DeadLetterEntry, "fields"> {
  readonly content: Content;
}

export interface LettersOptions {
  /** The id before which the page begins. */
  readonly before?: string | undefined;
  readonly count: number;
  readonly payloadChars: number;
}

export interface Letters extends Page<Letter> {
  /** Entries of the page that are no letters of ours. */
  readonly foreign: number;
}

/** What others have written among the dead letters is no letter, and is counted alone. */
interface Found {
  readonly id: string;
  readonly letter: DeadLetterEntry | undefined;
}

/** The newest first, in at most two round trips; fewer than asked for where payloads are large. */
export async function readLetters(
  { ask, keys, queue }: Reader,
  { before, count, payloadChars }: LettersOptions,
): Promise<Letters> {
  const high = before === undefined ? "+" : `(${entryId("before", before)}`;
  const { items, ended } = await readInSlices<Found>(count, {
    sizeOf: ({ letter }) => charsOf(letter?.fields ?? []),
    async read(last, most) {
      const from = last === undefined ? high : `(${last.id}`;
      const [reply] = await ask(["XREVRANGE", keys.dead, from, "-", "COUNT", String(most)]);
      const known = new Map(readDeadLetters(reply ?? []).map((letter) => [letter.id, letter]));
      return readRange(reply).map(({ id }) => ({ id, letter: known.get(id) }));
    },
  });
  const letters = items.flatMap(({ letter: found }) => {
    if (found === undefined) return [];
    const { fields, ...letter } = found;
    const originalId = fieldOf(fields, ID_FIELD) ?? letter.originalId;
    return {
      ...letter,
      originalId,
      content: describeContent(fields, queue.keyField, payloadChars),
    };
  });
  return {
    items: letters,
    next: ended ? undefined : items.at(-1)?.id,
    foreign: items.length - letters.length,
  };
}
