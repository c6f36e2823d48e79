import { ID_FIELD } from "../fields.ts";
import type { StoreQueue } from "../store.ts";
import { isOurs, STORY } from "./dead-letters.ts";
import { deadLettersOf, type Memory, streamOf } from "./memory.ts";
import { recall, remember } from "./send.ts";

/**
 * Moves dead letters back to the stream as new messages: their fields without the story of their
 * death, a new id, no failures. Sent again, it returns the ids of the first time.
 */
export function redrive(
  memory: Memory,
  queue: StoreQueue,
  ids: readonly string[],
  requestId: string,
): readonly (string | undefined)[] {
  const before = recall(memory, requestId);
  if (before !== undefined) return before.ids;
  const letters = deadLettersOf(memory, queue);
  const made = ids.map((id) => {
    const letter = letters.get(id);
    if (letter === undefined || !isOurs(letter)) return undefined;
    letters.delete([id]);
    const fields = letter.fields.slice(STORY);
    // As a new message: one that was delayed has an id of its own, which goes.
    return streamOf(memory, queue.stream).add(fields[0] === ID_FIELD ? fields.slice(2) : fields);
  });
  remember(memory, requestId, { ids: made });
  return made;
}
