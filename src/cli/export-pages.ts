import { ID_FIELD, RAW_FIELD, unpackedFields } from "../fields.ts";
import { type EntryState, inspect } from "../inspect/index.ts";
import { createReader } from "../inspect/reader.ts";
import type { Queue } from "../queue.ts";
import { without } from "../read-dead-letter.ts";
import { asArray, asText, asTexts } from "../redis/reply.ts";
import type { Archived } from "./archive.ts";
import { given } from "./queue.ts";

const PAGE = 200;

/** The entries of a stream behind an id, oldest first, each with where its message is. */
export async function* exportedEntries(
  queue: Queue<unknown>,
  behind: string | undefined,
): AsyncGenerator<Archived> {
  const view = inspect(queue);
  const { ask, keys } = createReader(queue);
  let after = behind;
  for (;;) {
    const page = await view.entries({ count: PAGE, payloadChars: 0, ...given({ after }) });
    const [first, last] = [page.items.at(0)?.id, page.items.at(-1)?.id];
    if (first === undefined || last === undefined) return;
    const states = new Map(page.items.map(({ id, state }) => [id, state]));
    const count = String(page.items.length);
    const [reply] = await ask(["XRANGE", keys.stream, first, last, "COUNT", count]);
    yield* asArray(reply ?? []).map((entry) => readEntry(entry, states));
    after = page.next;
    if (after === undefined) return;
  }
}

function readEntry(entry: unknown, states: ReadonlyMap<string, EntryState>): Archived {
  const [id, fields] = asArray(entry);
  return {
    id: asText(id),
    state: states.get(asText(id)) ?? "ready",
    // An id that a delayed message had is its own no more once it is another message.
    fields: without(asTexts(fields), [ID_FIELD]),
  };
}

/** The messages that are not due yet, the next one first. */
export async function* exportedDelayed(queue: Queue<unknown>): AsyncGenerator<Archived> {
  const view = inspect(queue);
  const { ask, keys } = createReader(queue);
  let after: string | undefined;
  do {
    const page = await view.delayed({ count: PAGE, payloadChars: 0, ...given({ after }) });
    if (page.items.length === 0) return;
    const [bodies] = await ask(["HMGET", keys.bodies, ...page.items.map(({ id }) => id)]);
    const texts = asArray(bodies ?? []);
    for (const [i, { id, dueAt }] of page.items.entries()) {
      const body = texts[i];
      // One that went into the stream a moment ago has none any more.
      if (typeof body !== "string") continue;
      const fields = unpackedFields([RAW_FIELD, body.slice(body.indexOf(";") + 1)]);
      yield { id, state: "delayed", due: dueAt.getTime(), fields };
    }
    after = page.next;
  } while (after !== undefined);
}
