import { PayloadError } from "../errors.ts";
import { name } from "../expect.ts";
import { encodeFields } from "../fields.ts";
import type { KnownItem } from "../list-slice.ts";
import { throughSchema } from "../payload.ts";
import type { ResolvedQueue } from "../queue-options.ts";
import type { ResolvedImport } from "./options.ts";

/** An item as it would be stored, or why it cannot be a message. */
export interface Translation extends KnownItem {
  readonly reason: string;
}

const encoder = new TextEncoder();

/** Decides for each different item what becomes of it. */
export async function translateAll(
  queue: ResolvedQueue,
  options: ResolvedImport,
  items: readonly string[],
): Promise<readonly Translation[]> {
  const translations: Translation[] = [];
  for (const text of new Set(items)) translations.push(await translate(queue, options, text));
  return translations;
}

async function translate(
  queue: ResolvedQueue,
  options: ResolvedImport,
  text: string,
): Promise<Translation> {
  try {
    return { text, fields: await fieldsOf(queue, options, text), reason: "" };
  } catch (error) {
    const reason = error instanceof Error ? error.message : "It was refused.";
    return { text, fields: undefined, reason: reason.slice(0, 500) };
  }
}

async function fieldsOf(
  queue: ResolvedQueue,
  options: ResolvedImport,
  text: string,
): Promise<string[]> {
  const { payload, json } = await decodeItem(options, text);
  if (queue.schema !== undefined) await throughSchema(queue.schema, payload);
  const given = options.idempotencyKey?.(payload);
  const { keyField } = queue.storeQueue;
  const key =
    given === undefined ? undefined : { field: keyField, value: name("idempotencyKey", given) };
  const fields = encodeFields(queue.codec, payload, key);
  // JSON stays as it was written: large numbers, the order of names, spaces.
  if (json && queue.codec === "json") fields[fields.length - 1] = text;
  const bytes = fields.reduce((sum, field) => sum + encoder.encode(field).length, 0);
  if (bytes <= queue.maxPayload) return fields;
  throw new PayloadError(
    "payload_too_large",
    `Expected a payload of at most ${queue.maxPayload} bytes, got ${bytes}.`,
  );
}

/** The payload of an item, and whether the item is its JSON. */
async function decodeItem({ decode }: ResolvedImport, text: string) {
  if (typeof decode === "function") return { payload: await decode(text), json: false };
  if (decode === "text") return { payload: text, json: false };
  try {
    return { payload: JSON.parse(text) as unknown, json: true };
  } catch {
    if (decode === "auto") return { payload: text, json: false };
    // Without the parser's words: they quote the item.
    throw invalid("It is not JSON.");
  }
}

function invalid(message: string): PayloadError {
  return new PayloadError("invalid_payload", message);
}
