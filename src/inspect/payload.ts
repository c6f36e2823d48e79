import { PayloadError } from "../errors.ts";
import {
  DATA_FIELD,
  decodeFields,
  delayedId,
  fieldOf,
  type Trace,
  traceOf,
  unpackedFields,
} from "../fields.ts";

/** What a message holds, as text for people. */
export interface Content {
  /** Its payload as JSON, cut to a bound; empty where it cannot be read. */
  readonly payload: string;
  readonly payloadIsCut: boolean;
  /** How long all of it is, in UTF-16 units. */
  readonly payloadLength: number;
  /** Why the payload cannot be read, as a handler's pass would find it. */
  readonly problem: string | undefined;
  readonly idempotencyKey: string | undefined;
  /** The id that `send` returned, for a message that was delayed. */
  readonly delayedId: string | undefined;
  readonly trace: Trace | undefined;
}

export function describeContent(
  stored: readonly string[],
  keyField: string,
  chars: number,
): Content {
  const { fields, text, problem } = readText(stored);
  const payload = cutText(text, chars);
  return {
    payload,
    payloadIsCut: payload.length < text.length,
    payloadLength: text.length,
    problem,
    idempotencyKey: fieldOf(fields, keyField),
    delayedId: delayedId(stored),
    trace: traceOf(fields),
  };
}

function readText(stored: readonly string[]) {
  let fields = stored;
  let text = "";
  let problem: string | undefined;
  try {
    fields = unpackedFields(stored);
    // Shown as it was written: numbers that JavaScript cannot hold included.
    text = fieldOf(fields, DATA_FIELD) ?? "";
    const payload = decodeFields(fields);
    if (fieldOf(fields, DATA_FIELD) === undefined) text = JSON.stringify(payload);
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error;
    problem = error.message;
  }
  return { fields, text, problem };
}

/** Never between the halves of a surrogate pair. */
export function cutText(text: string, chars: number): string {
  const cut = text.slice(0, chars);
  return /[\uD800-\uDBFF]$/.test(cut) && cut.length < text.length ? cut.slice(0, -1) : cut;
}
