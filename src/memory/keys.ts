// Idempotency keys of what was claimed: done inside the window, in progress elsewhere, or ours now.

import { fieldOf } from "../fields.ts";
import type { ClaimedEntry } from "../store.ts";
import { sizeOf } from "./bytes.ts";
import { SCRIPT_MS } from "./settle.ts";
import { finish, park, SUSPECTS, type Turn } from "./turn-begin.ts";

function keyOf(turn: Turn, entry: Pick<ClaimedEntry, "fields">): string {
  return fieldOf(entry.fields, turn.queue.keyField) ?? "";
}

/** Cuts what would make the reply too large, and gives it back: parked, due now, not counted. */
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
    } else {
      freeLost(turn, id);
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
  const key = entry === undefined ? "" : keyOf(turn, entry);
  if (key !== "" && keepsRecord(turn, id)) turn.changes.frees.push(key);
}

export function takeKeys(turn: Turn): void {
  const { tables, now, lease } = turn;
  const seen = new Set<string>();
  turn.messages = turn.messages.filter((message) => {
    const key = keyOf(turn, message);
    if (key === "") return true;
    const record = tables.keys.get(key);
    const ours = keepsRecord(turn, message.id);
    const current = record !== undefined && record.expiresAt > now ? record : undefined;
    if (current?.done === true) {
      finish(turn, message.id);
      turn.duplicates += 1;
      return false;
    }
    if (seen.has(key) || (current !== undefined && !ours)) {
      const due = seen.has(key) ? now + lease : (current?.expiresAt ?? now);
      park(turn, message.id, due, message.delivery - 1);
      turn.deferred += 1;
      return false;
    }
    seen.add(key);
    turn.changes.records.push({ key, expiresAt: now + lease, done: false });
    return true;
  });
}

/** Expired records go, and the results under their names. */
export function keepHouse(turn: Turn, ending: boolean): void {
  const { tables, request, queue, now } = turn;
  if (!request.housekeeping && !(ending && request.keyed)) return;
  const expired = [...tables.keys].filter(([, { expiresAt }]) => expiresAt < now).slice(0, 2_000);
  for (const [key] of expired) {
    tables.keys.delete(key);
    if (queue.keepResults) tables.results.delete(key);
  }
}
