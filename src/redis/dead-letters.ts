import type { DeadLetterEntry, DeadReason } from "../store.ts";
import { asArray, asNumber, asText, asTexts } from "./reply.ts";

/** How many values of a dead letter tell its story, before the original fields (dead-letters.lua). */
const STORY = 12;

/** Reads XRANGE's reply of the dead-letter stream; entries that we did not write are passed over. */
export function readDeadLetters(reply: unknown): DeadLetterEntry[] {
  return asArray(reply).flatMap((entry) => {
    const [id, values] = asArray(entry);
    const fields = asTexts(values);
    if (fields[0] !== "failed_at" || fields[10] !== "original_id") return [];
    return [
      {
        id: asText(id),
        failedAt: asNumber(fields[1]),
        reason: fields[3] as DeadReason,
        error: fields[5] ?? "",
        deliveries: asNumber(fields[7]),
        failures: asNumber(fields[9]),
        originalId: fields[11] ?? "",
        fields: fields.slice(STORY),
      },
    ];
  });
}
