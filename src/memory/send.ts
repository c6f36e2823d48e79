import { StoreError } from "../errors.ts";
import type { SendReply, SendRequest, StoreQueue } from "../store.ts";
import { WIDEST } from "./dead-letters.ts";
import { type Memory, type Sent, streamOf, timeOf } from "./memory.ts";

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
  const ids: string[] = [];
  for (const fields of request.entries) {
    if (fields.length > WIDEST) break;
    ids.push(streamOf(memory, queue.stream).add(fields));
  }
  return ids;
}
