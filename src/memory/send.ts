import { StoreError } from "../errors.ts";
import { fieldOf } from "../fields.ts";
import type { Backlog, Due, SendReply, SendRequest, StoreQueue } from "../store.ts";
import { sizeOf } from "./bytes.ts";
import { WIDEST } from "./dead-letters.ts";
import { idAfter } from "./entry-id.ts";
import { isThere, ownId } from "./holders.ts";
import {
  delayedOf,
  type Memory,
  type Sent,
  sharedStreamOf,
  streamOf,
  tablesOf,
  timeOf,
} from "./memory.ts";

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
export function send(
  memory: Memory,
  queue: StoreQueue,
  request: SendRequest,
): Omit<SendReply, "unanswered"> {
  const bill = { requests: 1, commands: 0 };
  const before = recall(memory, request.requestId);
  if (before !== undefined) {
    const { ids, duplicates = [] } = before;
    const kick = request.kickMs !== undefined; // whoever asks again has not kicked
    return { ids: ids.map(String), duplicates, ...reasons(ids, request), kick, bill };
  }
  const backlog = queue.maxBacklog === undefined ? undefined : backlogOf(memory, queue);
  if (backlog !== undefined && isFull(memory, queue, request, backlog)) {
    const kick = false;
    return { ids: [], duplicates: [], backlog, kick, full: true, error: undefined, bill };
  }
  const { ids, duplicates = [] } = store(memory, queue, request);
  dropOldest(memory, queue);
  if (ids.length > 0) remember(memory, request.requestId, { ids, duplicates });
  const { kickMs } = request;
  const stored = ids.length > duplicates.length;
  const kick = kickMs !== undefined && stored && takeKick(memory, queue, { depth: 0, ms: kickMs });
  return { ids: ids.map(String), duplicates, ...reasons(ids, request), backlog, kick, bill };
}

/** Whether this is the first kick for a pass of this depth in so many milliseconds. */
export function takeKick(
  memory: Memory,
  { stream, group }: StoreQueue,
  { depth, ms }: { readonly depth: number; readonly ms: number },
): boolean {
  const { kickedUntil } = tablesOf(memory, stream, group);
  const now = timeOf(memory);
  if ((kickedUntil.get(depth) ?? 0) > now) return false;
  kickedUntil.set(depth, now + ms);
  return true;
}

/** Why not all is stored. */
function reasons(ids: readonly unknown[], { entries }: SendRequest) {
  const all = ids.length === entries.length;
  const error = all
    ? undefined
    : new StoreError("store_refused", "An entry has too many fields.", {});
  return { backlog: undefined, full: false, error };
}

/** Completed entries that are kept do not count. */
function backlogOf(memory: Memory, queue: StoreQueue): Backlog {
  const stream = streamOf(memory, queue.stream);
  const delayed = [...delayedOf(memory, queue.stream).values()];
  const group = stream.groups.get(queue.group);
  const keeps = queue.shared || queue.retention !== undefined;
  const list = stream.list();
  const waiting =
    keeps && group !== undefined
      ? stream.list(idAfter(group.lastDelivered)).length +
        group.pending.size +
        tablesOf(memory, queue.stream, queue.group).parked.size
      : list.length;
  const { messages, bytes } = queue.maxBacklog ?? {};
  return {
    messages: messages === undefined ? 0 : waiting + delayed.length,
    bytes: bytes === undefined ? 0 : bytesOf(list) + bytesOf(delayed),
  };
}

function bytesOf(list: readonly { readonly fields: readonly string[] }[]): number {
  return list.reduce((sum, { fields }) => sum + sizeOf(fields), 0);
}

function isFull(
  memory: Memory,
  queue: StoreQueue,
  { entries }: SendRequest,
  backlog: Backlog,
): boolean {
  const { messages = Number.POSITIVE_INFINITY, bytes = Number.POSITIVE_INFINITY } =
    queue.maxBacklog ?? {};
  const seen = new Set<string>();
  const more = entries.filter((fields) => {
    const key = queue.deduplicate ? (fieldOf(fields, queue.keyField) ?? "") : "";
    if (key === "") return true;
    const first = !seen.has(key) && takenBy(memory, queue, key) === undefined;
    seen.add(key);
    return first;
  });
  const tooMany = backlog.messages + more.length > messages;
  return more.length > 0 && (tooMany || backlog.bytes >= bytes);
}

/** What is pushed out is counted. */
function dropOldest(memory: Memory, { stream: name, group, keepNewest }: StoreQueue): void {
  if (keepNewest === undefined) return;
  const stream = streamOf(memory, name);
  const oldest = stream.list(undefined, Math.max(0, stream.length - keepNewest.count));
  const last = oldest.at(-1);
  if (last === undefined) return;
  const { state } = tablesOf(memory, name, group);
  state.dropped = (state.dropped ?? 0) + stream.trim(idAfter(last.id));
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
        ? delayedId(now, index, request.requestId) + (key === "" ? "" : "-k") // it holds a key
        : sharedStreamOf(memory, queue).add(fields);
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
