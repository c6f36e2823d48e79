import { PackageError, SendError, StoreError } from "../errors.ts";
import { ID_FIELD } from "../fields.ts";
import type { Queue } from "../queue.ts";
import { randomId } from "../random-id.ts";
import { without } from "../read-dead-letter.ts";
import type { Sent } from "../send.ts";
import type { SendReply, Store } from "../store.ts";
import { UsageError } from "./errors.ts";
import type { Line } from "./lines.ts";

// An archive of a queue: a message a line. `fields` are those of its entry, names and values alternating,
// with its payload, its idempotency key and its trace; `due` is there where it was delayed.

/** A message of an archive. */
export interface Archived {
  readonly id: string;
  /** Where its message was: `ready`, `inFlight`, `parked`, `done` or `delayed`. */
  readonly state: string;
  /** When it was to come, in milliseconds since 1970. */
  readonly due?: number;
  readonly fields: readonly string[];
}

/** @throws UsageError for a line that is none of an archive. */
export function readArchived({ number, text }: Line): Archived {
  const value = parse(text) as Partial<Archived> | undefined;
  const { id = "", state = "", due, fields } = value ?? {};
  const isDue = due === undefined || (Number.isSafeInteger(due) && due >= 0);
  if (isFields(fields) && isDue)
    // No line of an archive makes a message that has another one's id.
    return {
      id,
      state,
      fields: without(fields, [ID_FIELD]),
      ...(due === undefined ? {} : { due }),
    };
  throw new UsageError(
    `Expected line ${number} to be of \`xdrain export\`: {"id": …, "fields": [name, value, …]}.`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isFields(given: unknown): given is readonly string[] {
  if (!Array.isArray(given) || given.length === 0 || given.length % 2 !== 0) return false;
  return given.every((value) => typeof value === "string");
}

/** What one request carries at the most, well below the smallest limit of the services (10 MB). */
const MOST_BYTES = 4_000_000;

/** Stores messages of an archive as they are, in their order. @throws SendError, PackageError */
export async function storeArchived(
  { name, resolved }: Queue<unknown>,
  messages: readonly Archived[],
): Promise<readonly Sent[]> {
  const { store, storeQueue } = resolved;
  const sent: Sent[] = [];
  const fail = (cause: unknown, ids: readonly string[], unanswered: boolean): never => {
    if (cause instanceof PackageError) throw cause;
    const uncertain = unanswered || (cause instanceof StoreError && cause.uncertain);
    const sentIds = [...sent.map(({ id }) => id), ...ids];
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new SendError(`Could not import into "${name}": ${text}`, { cause, sentIds, uncertain });
  };
  for (const chunk of chunksOf(messages)) {
    const reply = await store
      .send(storeQueue, requestFor(chunk, store), {})
      .catch((cause: unknown) => fail(cause, [], false));
    if (reply.error !== undefined) fail(reply.error, reply.ids, reply.unanswered);
    sent.push(...storedBy(reply));
  }
  return sent;
}

function requestFor(chunk: readonly Archived[], store: Store) {
  const isDelayed = chunk.some(({ due }) => due !== undefined);
  const due = chunk.map((message) =>
    message.due === undefined ? { inMs: 0 } : { at: message.due },
  );
  const request = { entries: chunk.map(({ fields }) => fields), ...(isDelayed ? { due } : {}) };
  return { requestId: randomId(() => store.random(), JSON.stringify(request)), ...request };
}

function storedBy({ ids, duplicates }: SendReply): Sent[] {
  const known = new Set(duplicates);
  return ids.map((id, i) => (known.has(i) ? { id, duplicate: true } : { id }));
}

function chunksOf(messages: readonly Archived[]): (readonly Archived[])[] {
  const chunks: Archived[][] = [];
  let room = 0;
  for (const message of messages) {
    const bytes = message.fields.reduce((sum, value) => sum + Buffer.byteLength(value), 0);
    if (bytes > room || chunks.length === 0) {
      chunks.push([]);
      room = MOST_BYTES;
    }
    chunks.at(-1)?.push(message);
    room -= bytes;
  }
  return chunks;
}
