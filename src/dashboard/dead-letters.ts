import { entryId } from "../entry-id.ts";
import type { Page } from "../inspect/page.ts";
import { type Content, describeContent } from "../inspect/payload.ts";
import type { Reader } from "../inspect/reader.ts";
import { charsOf, readInSlices } from "../inspect/slices.ts";
import { type DeadLetterEntry, messageIdOf, readDeadLetter } from "../read-dead-letter.ts";
import { asEntries } from "../redis/reply.ts";

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

/** The newest first, in at most two round trips; fewer than asked for where payloads are large. */
export async function readLetters(
  { ask, keys, queue }: Reader,
  { before, count, payloadChars }: LettersOptions,
): Promise<Page<Letter>> {
  const high = before === undefined ? "+" : `(${entryId("before", before)}`;
  const { items, ended } = await readInSlices<DeadLetterEntry>(count, {
    sizeOf: ({ fields }) => charsOf(fields),
    async read(last, most) {
      const from = last === undefined ? high : `(${last.id}`;
      const [reply] = await ask(["XREVRANGE", keys.dead, from, "-", "COUNT", String(most)]);
      return asEntries(reply).map((entry) => readDeadLetter(entry, queue.retryCountField));
    },
  });
  const letters = items.map((letter) => {
    const { fields, ...rest } = letter;
    const content = describeContent(fields, queue.keyField, payloadChars);
    return { ...rest, originalId: messageIdOf(letter), content };
  });
  return { items: letters, next: ended ? undefined : items.at(-1)?.id };
}
