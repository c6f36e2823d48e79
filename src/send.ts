import { PayloadError, SendError, StoreError } from "./errors.ts";
import { isWellFormed, name, onlyKnown, refuse } from "./expect.ts";
import { encodeFields } from "./fields.ts";
import type { ResolvedQueue } from "./queue-options.ts";
import { randomId } from "./random-id.ts";
import { describeIssues } from "./standard-schema.ts";

export interface SendOptions {
  /** Names the work: while its window lasts, completed work of the same key is not repeated. */
  readonly idempotencyKey?: string;
}

/** One message of a batch. */
export interface BatchMessage<Payload> extends SendOptions {
  readonly payload: Payload;
}

/** A stored message. */
export interface Sent {
  readonly id: string;
}

/** What one request carries at the most, well below the smallest limit of the services (10 MB). */
const REQUEST = { messages: 500, bytes: 4_000_000 };
const NO_KEY = "";

/** Checks and encodes all messages before it stores any; keeps their order. */
export async function sendMessages(
  queue: ResolvedQueue,
  messages: readonly BatchMessage<unknown>[],
): Promise<readonly Sent[]> {
  if (!Array.isArray(messages)) refuse("messages", "an array of { payload }", messages);
  const entries: { readonly fields: string[]; readonly bytes: number }[] = [];
  for (const message of messages) entries.push(await encode(queue, message));
  const sent: Sent[] = [];
  for (const chunk of chunksOf(entries)) {
    for (const id of await store(queue, chunk, sent)) sent.push({ id });
  }
  return sent;
}

async function store(
  queue: ResolvedQueue,
  entries: readonly (readonly string[])[],
  before: readonly Sent[],
): Promise<readonly string[]> {
  const sentIds = before.map(({ id }) => id);
  const fail = (cause: unknown, ids: readonly string[], uncertain: boolean): never => {
    const text = cause instanceof Error ? cause.message : String(cause);
    const count = `${sentIds.length + ids.length} messages are stored`;
    throw new SendError(`Could not send to "${queue.name}": ${text} (${count}.)`, {
      cause,
      sentIds: [...sentIds, ...ids],
      uncertain,
    });
  };
  const request = { requestId: randomId(() => queue.store.random()), entries };
  try {
    const reply = await queue.store.send(queue.storeQueue, request, {});
    return reply.error === undefined ? reply.ids : fail(reply.error, reply.ids, false);
  } catch (error) {
    if (error instanceof SendError) throw error;
    return fail(error, [], error instanceof StoreError && error.uncertain);
  }
}

async function encode(queue: ResolvedQueue, message: BatchMessage<unknown>) {
  onlyKnown("a message", message, ["payload", "idempotencyKey"]);
  const { payload, idempotencyKey } = message;
  if (queue.schema !== undefined) {
    const result = await queue.schema["~standard"].validate(payload);
    if (result.issues !== undefined) {
      const issues = describeIssues(result.issues);
      throw new PayloadError("invalid_payload", `The payload does not fit the schema: ${issues}`);
    }
  }
  const value = idempotencyKey === undefined ? NO_KEY : checkKey(idempotencyKey);
  const key = value === NO_KEY ? undefined : { field: queue.storeQueue.keyField, value };
  const fields = encodeFields(queue.codec, payload, key);
  const bytes = fields.reduce((sum, field) => sum + byteLength(field), 0);
  if (bytes > queue.maxPayload) {
    throw new PayloadError(
      "payload_too_large",
      `Expected a payload of at most ${queue.maxPayload} bytes, got ${bytes}. Store it elsewhere and send where it is, or raise \`maxPayload\`.`,
    );
  }
  return { fields, bytes };
}

function checkKey(key: string): string {
  name("idempotencyKey", key, 512);
  return isWellFormed(key) ? key : refuse("idempotencyKey", "well-formed text", key);
}

/** Groups entries so that each request stays within its limits. */
function* chunksOf(
  entries: readonly { readonly fields: string[]; readonly bytes: number }[],
): Generator<string[][]> {
  let chunk: string[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const full = chunk.length >= REQUEST.messages || bytes + entry.bytes > REQUEST.bytes;
    if (full && chunk.length > 0) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(entry.fields);
    bytes += entry.bytes;
  }
  if (chunk.length > 0) yield chunk;
}

const encoder = new TextEncoder();

function byteLength(text: string): number {
  return encoder.encode(text).length;
}
