import { DAY_MS, type Duration, milliseconds, YEAR_MS } from "./duration.ts";
import { PayloadError, QueueFull, SendError, StoreError } from "./errors.ts";
import { flag, name, onlyKnown, refuse } from "./expect.ts";
import { encodeFields, type Trace } from "./fields.ts";
import { throughSchema } from "./payload.ts";
import type { ResolvedQueue } from "./queue-options.ts";
import { randomId } from "./random-id.ts";
import type { Backlog, Due } from "./store.ts";

export interface SendOptions {
  /** Names the work: while its window lasts, completed work of the same key is not repeated. */
  readonly idempotencyKey?: string;
  /** Waits so long before it is handed out, up to a year. @default not at all */
  readonly delay?: Duration;
  /** The same as a time: a Date, or milliseconds since 1970; one that has passed is now. */
  readonly deliverAt?: Date | number;
  /** Ask for a pass at once, by the queue's `wake`: of many sends in a moment, one does. @default false */
  readonly wake?: boolean;
  /** W3C trace context, which the handler gets as `message.trace`. */
  readonly trace?: Trace;
}

/** One message of a batch. */
export interface BatchMessage<Payload> extends SendOptions {
  readonly payload: Payload;
}

/** A stored message. */
export interface Sent {
  /** Of a duplicate, the id of the message that has its key; empty where that was sent without `deduplicate`. */
  readonly id: string;
  /** Not stored: another message has its key. */
  readonly duplicate?: true;
}

const encoder = new TextEncoder();

/** What one request carries at the most, well below the smallest limit of the services (10 MB). */
const REQUEST = { messages: 500, bytes: 4_000_000 };
const MESSAGE = ["payload", "idempotencyKey", "delay", "deliverAt", "wake", "trace"];

/** Checks and encodes all messages before it stores any; keeps their order. */
export async function sendMessages(
  queue: ResolvedQueue,
  messages: readonly BatchMessage<unknown>[],
): Promise<readonly Sent[]> {
  if (!Array.isArray(messages)) refuse("messages", "an array of { payload }", messages);
  const entries: Encoded[] = [];
  for (const message of messages) entries.push(await encode(queue, message));
  const batch: Batch = { sent: [], kick: false };
  try {
    for (const chunk of chunksOf(entries)) await store(queue, chunk, batch);
  } finally {
    // Once, and last: a kick that hangs must not keep messages from being stored.
    if (batch.kick) {
      const request = { queue: queue.name, depth: 0 };
      await queue.wake?.kick(request, queue.store, Number.POSITIVE_INFINITY);
    }
  }
  return batch.sent;
}

/** What has become of a batch so far. */
interface Batch {
  readonly sent: Sent[];
  /** The sender is the one to kick for it. */
  kick: boolean;
}

/** A message as it is stored. */
interface Encoded {
  readonly fields: readonly string[];
  readonly bytes: number;
  readonly due: Due | undefined;
  readonly wake: boolean;
}

async function store(queue: ResolvedQueue, chunk: readonly Encoded[], batch: Batch): Promise<void> {
  const sentIds = batch.sent.map(({ id }) => id);
  const fail = (cause: unknown, ids: readonly string[], unanswered = false): never => {
    const uncertain = unanswered || (cause instanceof StoreError && cause.uncertain);
    const text = cause instanceof Error ? cause.message : String(cause);
    const count = `${sentIds.length + ids.length} messages are stored`;
    throw new SendError(`Could not send to "${queue.name}": ${text} (${count}.)`, {
      cause,
      sentIds: [...sentIds, ...ids],
      uncertain,
    });
  };
  const request = {
    entries: chunk.map(({ fields }) => fields),
    ...(chunk.some(({ due }) => due !== undefined)
      ? { due: chunk.map(({ due }) => due ?? { inMs: 0 }) }
      : {}),
    ...(!batch.kick && chunk.some(({ wake }) => wake) ? { kickMs: queue.wake?.debounceMs } : {}),
  };
  try {
    const requestId = randomId(() => queue.store.random(), JSON.stringify(request));
    const reply = await queue.store.send(queue.storeQueue, { requestId, ...request }, {});
    const { unanswered } = reply;
    const backlog = limitedPart(queue, reply.backlog);
    if (reply.full) throw queueFull(queue, { sentIds, backlog, uncertain: unanswered });
    queue.warn(backlog);
    batch.kick ||= reply.kick;
    if (reply.error !== undefined) return fail(reply.error, reply.ids, unanswered);
    const duplicates = new Set(reply.duplicates);
    const sent = reply.ids.map((id, i) =>
      duplicates.has(i) ? ({ id, duplicate: true } as const) : { id },
    );
    batch.sent.push(...sent);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return fail(error, []);
  }
}

/** What waits, of what the queue limits. */
function limitedPart({ storeQueue }: ResolvedQueue, backlog?: Partial<Backlog>): Partial<Backlog> {
  const limited = Object.keys(storeQueue.maxBacklog ?? {}) as (keyof Backlog)[];
  return backlog === undefined ? {} : Object.fromEntries(limited.map((one) => [one, backlog[one]]));
}

function queueFull(
  { name, storeQueue }: ResolvedQueue,
  options: ConstructorParameters<typeof QueueFull>[1],
): QueueFull {
  const { backlog, sentIds } = options;
  const limits = Object.entries(storeQueue.maxBacklog ?? {}).map(
    ([what, most]) => `${backlog[what as keyof Backlog]} ${what} of at most ${most}`,
  );
  const text = `"${name}" is full: ${limits.join(", ")} (${sentIds.length} messages are stored.) Send later.`;
  return new QueueFull(text, options);
}

async function encode(queue: ResolvedQueue, message: BatchMessage<unknown>): Promise<Encoded> {
  onlyKnown("a message", message, MESSAGE);
  const { payload, idempotencyKey } = message;
  if (queue.schema !== undefined) await throughSchema(queue.schema, payload); // sent as it is
  const key =
    idempotencyKey === undefined
      ? undefined
      : { field: queue.storeQueue.keyField, value: name("idempotencyKey", idempotencyKey) };
  const fields = encodeFields(queue.codec, payload, key, checkTrace(message.trace));
  const bytes = fields.reduce((sum, field) => sum + encoder.encode(field).length, 0);
  if (bytes > queue.maxPayload) {
    throw new PayloadError(
      "payload_too_large",
      `Expected a payload of at most ${queue.maxPayload} bytes, got ${bytes}. Store it elsewhere and send where it is, or raise \`maxPayload\`.`,
    );
  }
  const due = dueOf(message, queue.store.now());
  return { fields, bytes, due, wake: wakeOf(queue, message) };
}

function wakeOf(queue: ResolvedQueue, { wake, delay, deliverAt }: SendOptions): boolean {
  if (!flag("wake", wake, false)) return false;
  if (queue.wake === undefined) refuse("wake", "given only with a queue's `wake`", wake);
  if (delay !== undefined || deliverAt !== undefined) {
    refuse("wake", "given only without a delay: a pass would come too early", wake);
  }
  return true;
}

/** A delay counts from when the server takes the message; only the check of a time needs our clock. */
function dueOf({ delay, deliverAt }: SendOptions, now: number): Due | undefined {
  if (delay !== undefined && deliverAt !== undefined) {
    refuse("deliverAt", "given only without `delay`", deliverAt);
  }
  if (delay !== undefined) {
    const inMs = milliseconds("delay", delay, { min: 0, max: YEAR_MS });
    return inMs === 0 ? undefined : { inMs };
  }
  if (deliverAt === undefined) return undefined;
  const at = Number(deliverAt);
  const isTime = deliverAt instanceof Date || typeof deliverAt === "number";
  if (!isTime || !Number.isFinite(at) || at < 0 || at > now + YEAR_MS + DAY_MS) {
    refuse("deliverAt", "a Date or milliseconds since 1970, at most a year ahead", deliverAt);
  }
  return { at: Math.ceil(at) };
}

function checkTrace(trace: Trace | undefined): Trace | undefined {
  if (trace === undefined) return undefined;
  onlyKnown("`trace`", trace, ["traceparent", "tracestate"]);
  const { traceparent, tracestate } = trace;
  if (!/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.test(String(traceparent))) {
    refuse(
      "trace.traceparent",
      "a W3C traceparent, as in 00-<32 digits>-<16 digits>-01",
      traceparent,
    );
  }
  if (tracestate !== undefined && !/^[\x20-\x7e]{0,512}$/.test(String(tracestate))) {
    refuse("trace.tracestate", "at most 512 characters of ASCII", tracestate);
  }
  return trace;
}

/** Groups messages so that each request stays within its limits. */
function* chunksOf(entries: readonly Encoded[]): Generator<Encoded[]> {
  let chunk: Encoded[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const full = chunk.length >= REQUEST.messages || bytes + entry.bytes > REQUEST.bytes;
    if (full && chunk.length > 0) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(entry);
    bytes += entry.bytes;
  }
  if (chunk.length > 0) yield chunk;
}
