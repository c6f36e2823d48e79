import { fieldOf, RAW_FIELD, unpackedFields } from "../fields.ts";
import { redrivenFields } from "../read-dead-letter.ts";
import type { StoreQueue } from "../store.ts";
import { narrow } from "./dead-letters.ts";
import { deadLettersOf, type Memory, sharedStreamOf, tablesOf, timeOf } from "./memory.ts";
import { recall, remember } from "./send.ts";

/**
 * Moves dead letters back to the stream as new messages: the fields of the message, a
 * new id, no failures. Sent again, it returns the ids of the first time.
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
    if (letter === undefined) return undefined;
    letters.delete([id]);
    const fields = withKey(redrivenFields(letter, queue.retryCountField), queue);
    const made = sharedStreamOf(memory, queue).add(narrow(fields, queue.keyField));
    takeKey(memory, queue, fieldOf(fields, queue.keyField) ?? "", made);
    return made;
  });
  remember(memory, requestId, { ids: made });
  return made;
}

/** Where sends are deduplicated it has its key again, unless another message has it by now, or was done with it. */
function takeKey(memory: Memory, queue: StoreQueue, key: string, id: string): void {
  const { keys, ids } = tablesOf(memory, queue.stream, queue.group);
  const now = timeOf(memory);
  const { expiresAt = 0 } = keys.get(key) ?? {};
  if (!queue.deduplicate || key === "" || expiresAt < 0 || expiresAt > now) return;
  keys.set(key, { expiresAt: -now, done: false });
  ids.set(key, id);
}

/** An older version left the key of a wide message in its raw field alone. */
function withKey(fields: readonly string[], { keyField }: StoreQueue): readonly string[] {
  if (fields[0] !== RAW_FIELD || (fieldOf(fields, keyField) ?? "") !== "") return fields;
  try {
    const key = fieldOf(unpackedFields(fields), keyField) ?? "";
    return key === "" ? fields : [...fields, keyField, key];
  } catch {
    return fields;
  }
}
