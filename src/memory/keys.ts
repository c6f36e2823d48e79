// Idempotency keys of what was claimed: done inside the window, in progress elsewhere, or ours now.

import { fieldOf, ID_FIELD } from "../fields.ts";
import type { ClaimedEntry, Delivery } from "../store.ts";
import { sizeOf } from "./bytes.ts";
import { entryId, isThere } from "./holders.ts";
import { delayedOf, type KeyRecord } from "./memory.ts";
import { SCRIPT_MS } from "./settle.ts";
import { finish, park, SUSPECTS, type Turn } from "./turn-begin.ts";

/** The key in an entry. */
export function keyOf(turn: Pick<Turn, "queue">, entry: Pick<ClaimedEntry, "fields">): string {
  return fieldOf(entry.fields, turn.queue.keyField) ?? "";
}

/**
 * Cuts what would make the reply too large, and gives it back: parked, due now, not counted. What was handed
 * out before stays owned, for the next turns: in a copy of an older turn it is what the pass works on.
 */
export function cutToSize(turn: Turn): void {
  const { tables, group, request, now } = turn;
  let bytes = 0;
  const excess = turn.messages.findIndex(({ fields }, i) => {
    bytes += sizeOf(fields);
    return bytes > request.maxBytes && i > 0;
  });
  if (excess === -1) return;
  for (const { id, delivery, crashes } of turn.messages.splice(excess).reverse()) {
    if (turn.kind === "suspects") {
      group.claim(SUSPECTS, [id], { minIdle: 0, deliveries: delivery - 1 });
      tables.crashes.set(id, crashes - 1);
      turn.suspectsLeft = true;
    } else if (turn.kind === "ordinary") {
      park(turn, id, now, delivery - 1);
    }
  }
}

/** Whether the record of its key still is the one that its claim made. */
function keepsRecord(turn: Turn, id: string): boolean {
  const idle = turn.idle.get(id);
  return idle !== undefined && idle < turn.lease - SCRIPT_MS;
}

/** A message that a lost response handed out goes back: its key may be taken by another. */
export function freeLost(turn: Turn, id: string): void {
  const entry = turn.stream.get(id);
  const key = entry === undefined || turn.queue.deduplicate ? "" : keyOf(turn, entry);
  if (key !== "" && keepsRecord(turn, id)) turn.changes.frees.push(key);
}

/**
 * Whether a message is the one that holds its key, be it under the id that its sender knows. While that is the
 * id of one that is delayed, the entry is of another program.
 */
function holds(
  { memory, queue }: Turn,
  heldBy: string,
  { id, fields }: Pick<ClaimedEntry, "id" | "fields">,
): boolean {
  const isKnown = fields[0] === ID_FIELD && fields[1] === heldBy;
  return heldBy === id || (isKnown && !delayedOf(memory, queue.stream).has(heldBy));
}

export function takeKeys(turn: Turn): void {
  const { memory, queue, tables, now, lease } = turn;
  const seen = new Set<string>();
  // Until then, or until its pass has settled the one that has its key: see settleWaiting.
  const defer = ({ id, delivery, key }: Delivery, due: number) => {
    park(turn, id, due, delivery - 1);
    turn.waiting.push({ id, key });
    turn.deferred += 1;
    return false;
  };
  turn.messages = turn.messages.filter(({ id, delivery, fields }) => {
    const key = keyOf(turn, { fields });
    if (key === "") return true;
    const record = tables.keys.get(key);
    const current = record !== undefined && record.expiresAt > now ? record : undefined;
    if (current?.done === true) {
      finish(turn, id);
      turn.duplicates += 1;
      return false;
    }
    const holder = record !== undefined && record.expiresAt < 0 ? tables.ids.get(key) : undefined;
    const ours = holder !== undefined && holds(turn, entryId(holder), { id, fields });
    if (!seen.has(key) && ours) {
      seen.add(key);
      if (entryId(holder) !== id) {
        turn.changes.holds.push({ key, id: `${entryId(holder)} ${id}` });
        memory.moved.delete(entryId(holder));
      }
      return true;
    }
    const elsewhere = holder !== undefined && isThere(memory, queue.stream, holder);
    if (seen.has(key) || elsewhere) return defer({ id, delivery, key }, now + lease);
    if (current !== undefined && !keepsRecord(turn, id)) {
      return defer({ id, delivery, key }, current.expiresAt);
    }
    seen.add(key);
    if (queue.deduplicate) turn.changes.holds.push({ key, id });
    else turn.changes.records.push({ key, expiresAt: now + lease, done: false });
    return true;
  });
}

/** Expired records go, and the results under their names. */
export function keepHouse(turn: Turn, ending: boolean): void {
  const { tables, request, queue, now } = turn;
  if (!request.housekeeping && !(ending && request.keyed)) return;
  const isOver = ({ expiresAt }: KeyRecord) => expiresAt >= 0 && expiresAt < now;
  const expired = [...tables.keys].filter(([, record]) => isOver(record)).slice(0, 2_000);
  for (const [key] of expired) {
    tables.keys.delete(key);
    tables.ids.delete(key);
    if (queue.keepResults) tables.results.delete(key);
  }
}
