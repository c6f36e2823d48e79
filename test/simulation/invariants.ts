import type { Pending } from "../../src/memory/consumer-group.ts";
import { SUSPECTS } from "../../src/memory/turn-begin.ts";
import type { StoreQueue, TurnReply, TurnRequest } from "../../src/store.ts";
import type { Entry } from "../../src/testing.ts";
import { type Ledger, type Sent, Violation } from "./ledger.ts";
import type { View } from "./server.ts";

/** Nobody but its holder changes what is held by a live lease; who lost a message is told so. */
export function checkLeases(
  { now, group, stream }: View,
  queue: StoreQueue,
  before: ReadonlyMap<string, Pending>,
  request: TurnRequest,
  reply: TurnReply,
  attempt: number,
): void {
  const { token } = request;
  for (const item of before.values()) {
    const expired = now - item.deliveredAt >= queue.leaseMs;
    if (item.consumer === token || item.consumer === SUSPECTS || expired) continue;
    if (group?.pending.get(item.id) !== item || stream.get(item.id) === undefined) {
      throw new Violation(`${token} has changed ${item.id}, which ${item.consumer} holds`);
    }
  }
  if (attempt > 1) return;
  const { held, complete, retry, dead, release } = request;
  for (const { id, delivery } of [...held, ...complete, ...retry, ...dead, ...release]) {
    const item = before.get(id);
    const owned = item?.consumer === token && item.deliveries === delivery;
    if (!owned && !reply.lost.includes(id)) {
      throw new Violation(`${token} does not own ${id} (${delivery}), and was not told`);
    }
  }
}

/** The most failures that a world's queue allows. */
export const MOST_FAILURES = 4;

/** What is handed out has no completed work of its key behind it. */
export function checkHandedOut(view: View, ledger: Ledger, queue: StoreQueue, reply: TurnReply) {
  for (const { id, delivery } of reply.messages) {
    const key = ledger.byId(id)?.key;
    if (key !== undefined && (ledger.doneUntil.get(key) ?? 0) > view.now) {
      throw new Violation(`${id} is handed out, though the work of ${key} is done`);
    }
    // Beyond the limit only for a handler that refused it: so often, it may.
    if (delivery > queue.maxDeliveries + MOST_FAILURES) {
      throw new Violation(`${id} is handed out for the ${delivery}th time`);
    }
  }
}

/** Every message is in exactly one place, and nothing grows without bound. */
export function checkEverything(view: View, ledger: Ledger, queue: StoreQueue): void {
  const { group, stream, tables } = view;
  const dead = idsOfDead(view.dead);
  const readUpTo = group === undefined ? 0 : ordinalOf(ledger, group.lastDelivered);
  for (const message of ledger.open) {
    checkOne(view, ledger, message, readUpTo, dead);
  }
  for (const [name, other] of stream.groups) {
    if (name !== queue.group) checkOther(view, ledger, ordinalOf(ledger, other.lastDelivered));
  }
  const sent = ledger.messages.length;
  if (tables.parked.size > sent || tables.crashes.size > sent || tables.keys.size > sent) {
    throw new Violation("a table beside the stream grows without bound");
  }
}

let known: { readonly last: Entry | undefined; readonly ids: ReadonlySet<string | undefined> };

/** The dead letters' ids; worked out anew only when there is another. */
function idsOfDead(letters: View["dead"]): ReadonlySet<string | undefined> {
  const last = letters.at(-1);
  if (known === undefined || known.last !== last || known.ids.size !== letters.length) {
    const ids = letters.map(({ fields }) => fields[fields.indexOf("original_id") + 1]);
    known = { last, ids: new Set(ids) };
  }
  return known.ids;
}

function ordinalOf(ledger: Ledger, id: string): number {
  return ledger.byId(id)?.ordinal ?? 0;
}

function checkOne(
  { group, stream, tables }: View,
  ledger: Ledger,
  message: Sent,
  readUpTo: number,
  dead: ReadonlySet<string | undefined>,
): void {
  const id = message.id as string;
  const there = stream.get(id) !== undefined;
  const pending = group?.pending.has(id) === true;
  const parked = group !== undefined && tables.parked.has(id);
  const waiting = there && message.ordinal > readUpTo;
  const isDead = dead.has(id);
  const places = Number(pending) + Number(parked) + Number(waiting) + Number(isDead);
  if ((pending || parked) && !there) throw new Violation(`the payload of ${id} is gone`);
  if (places === 1) {
    if (isDead) ledger.open.delete(message);
    return;
  }
  if (places > 1) {
    const where = { waiting, pending, parked, dead: isDead };
    throw new Violation(`${id} is in several places: ${JSON.stringify(where)}`);
  }
  const worked = message.key === undefined ? [message] : ledger.sharing(message.key);
  if (!worked.some(({ works }) => works > 0)) {
    throw new Violation(`message ${message.number} (${id}) is lost: nobody has done its work`);
  }
  message.done = true;
  ledger.open.delete(message);
}

/** What another group has not read yet stays for it. */
function checkOther({ stream }: View, ledger: Ledger, readUpTo: number): void {
  for (const message of ledger.messages) {
    if (message.id === undefined || message.ordinal <= readUpTo) continue;
    if (stream.get(message.id) === undefined) {
      throw new Violation(`${message.id} is gone, and another group has not read it`);
    }
  }
}
