import { StoreError } from "../errors.ts";
import type { Due, SendReply, SendRequest, StoreQueue } from "../store.ts";
import { WIDEST } from "./dead-letters.ts";
import { delayedOf, type Memory, type Sent, streamOf, timeOf } from "./memory.ts";

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
  const ids = before?.ids ?? store(memory, queue, request);
  if (before === undefined && ids.length > 0) remember(memory, request.requestId, { ids });
  const all = ids.length === request.entries.length;
  return {
    ids: ids.map(String),
    error: all ? undefined : new StoreError("store_refused", "An entry has too many fields.", {}),
    bill: { requests: 1, commands: 0 },
  };
}

function store(memory: Memory, queue: StoreQueue, request: SendRequest): string[] {
  const now = timeOf(memory);
  const ids: string[] = [];
  for (const [index, fields] of request.entries.entries()) {
    // With its id a delayed one has to fit into a dead letter.
    if (fields.length > (request.due === undefined ? WIDEST : WIDEST - 2)) break;
    const due = dueTime(request.due?.[index], now);
    if (due > now) {
      const id = delayedId(now, index, request.requestId);
      delayedOf(memory, queue.stream).set(id, { due, fields });
      ids.push(id);
    } else {
      ids.push(streamOf(memory, queue.stream).add(fields));
    }
  }
  return ids;
}

function dueTime(due: Due | undefined, now: number): number {
  if (due === undefined) return 0;
  return "at" in due ? due.at : now + due.inMs;
}

/** It tells when it was sent, as an entry's does, and cannot be mistaken for one. */
function delayedId(now: number, index: number, requestId: string): string {
  return `d${now}-${String(index).padStart(3, "0")}-${requestId.slice(0, 8)}`;
}
