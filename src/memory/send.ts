import { StoreError } from "../errors.ts";
import { fieldOf } from "../fields.ts";
import type { Due, SendReply, SendRequest, StoreQueue } from "../store.ts";
import { WIDEST } from "./dead-letters.ts";
import { isThere, ownId } from "./holders.ts";
import { delayedOf, type Memory, type Sent, streamOf, tablesOf, timeOf } from "./memory.ts";

/** How long a send or a redrive can be repeated without doing it twice. */
const REMEMBER_MS = 120_000;

/** What the request did the first time; undefined where this is the first. */
export function recall(memory: Memory, requestId: string): Sent | undefined {
  const now = timeOf(memory);
  for (const [id, { expiresAt }] of memory.sent) if (expiresAt <= now) memory.sent.delete(id);
  return memory.sent.get(requestId);
}

export function remember(memory: Memory, requestId: string, sent: Omit<Sent, "expiresAt">): void {
  memory.sent.set(requestId, { ...sent, expiresAt: timeOf(memory) + REMEMBER_MS });
}

/** Stores messages, or returns the ids of the first time when the request was carried out before. */
export function send(memory: Memory, queue: StoreQueue, request: SendRequest): SendReply {
  const before = recall(memory, request.requestId);
  const { ids, duplicates = [] } = before ?? store(memory, queue, request);
  if (before === undefined && ids.length > 0) {
    remember(memory, request.requestId, { ids, duplicates });
  }
  const all = ids.length === request.entries.length;
  return {
    ids: ids.map(String),
    duplicates,
    error: all ? undefined : new StoreError("store_refused", "An entry has too many fields.", {}),
    bill: { requests: 1, commands: 0 },
  };
}

function store(memory: Memory, queue: StoreQueue, request: SendRequest): Omit<Sent, "expiresAt"> {
  const now = timeOf(memory);
  const plain = request.due === undefined && !queue.deduplicate;
  const { keys, ids: holders } = tablesOf(memory, queue.stream, queue.group);
  const ids: string[] = [];
  const duplicates: number[] = [];
  for (const [index, fields] of request.entries.entries()) {
    // With its id a delayed one has to fit into a dead letter.
    if (fields.length > (plain ? WIDEST : WIDEST - 2)) break;
    const key = queue.deduplicate ? (fieldOf(fields, queue.keyField) ?? "") : "";
    const first = key === "" ? undefined : takenBy(memory, queue, key);
    if (first !== undefined) {
      ids.push(first);
      duplicates.push(index);
      continue;
    }
    const due = dueTime(request.due?.[index], now);
    const id =
      due > now
        ? delayedId(now, index, request.requestId)
        : streamOf(memory, queue.stream).add(fields);
    if (due > now) delayedOf(memory, queue.stream).set(id, { due, fields });
    ids.push(id);
    if (key === "") continue;
    keys.set(key, { expiresAt: -now, done: false });
    holders.set(key, id);
  }
  return { ids, duplicates };
}

/** The id of the message that has the key; empty where nobody wrote it down. */
function takenBy(memory: Memory, queue: StoreQueue, key: string): string | undefined {
  const { keys, ids } = tablesOf(memory, queue.stream, queue.group);
  const record = keys.get(key);
  const holder = ids.get(key);
  if (record === undefined) return undefined;
  if (record.expiresAt > timeOf(memory)) return holder === undefined ? "" : ownId(holder);
  const held = record.expiresAt < 0 && holder !== undefined;
  return held && isThere(memory, queue.stream, holder) ? ownId(holder) : undefined;
}

function dueTime(due: Due | undefined, now: number): number {
  if (due === undefined) return 0;
  return "at" in due ? due.at : now + due.inMs;
}

/** It tells when it was sent, as an entry's does, and cannot be mistaken for one. */
function delayedId(now: number, index: number, requestId: string): string {
  return `d${now}-${String(index).padStart(3, "0")}-${requestId.slice(0, 8)}`;
}
