import type { Pending } from "../../src/memory/consumer-group.ts";
import { SUSPECTS } from "../../src/memory/turn-begin.ts";
import type { PartReply, StoreQueue, TurnPart, TurnReply, TurnRequest } from "../../src/store.ts";
import type { View } from "./backend.ts";
import { type Ledger, positionOf, type Sent, Violation } from "./ledger.ts";

/**
 * Nobody but its holder changes what is held by a live lease, as long as the holder says; who lost a
 * message is told so.
 */
export function checkLeases(
  { now, group, has }: View,
  queue: StoreQueue,
  before: ReadonlyMap<string, Pending>,
  request: TurnRequest,
  reply: TurnReply,
  attempt: number,
  leases: ReadonlyMap<string, number>,
): void {
  const { token } = request;
  for (const item of before.values()) {
    const expired = now - item.deliveredAt >= (leases.get(item.consumer) ?? queue.leaseMs);
    if (item.consumer === token || item.consumer === SUSPECTS || expired) continue;
    const after = group?.pending.get(item.id);
    const untouched =
      after?.consumer === item.consumer &&
      after.deliveredAt === item.deliveredAt &&
      after.deliveries === item.deliveries;
    if (!untouched || !has(item.id)) {
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

/** What is done, and gone from every list, does not come again while nothing was lost. */
export function checkNotOver(ledger: Ledger, reply: TurnReply): void {
  const over = reply.messages.find(({ id }) => ledger.byId(id)?.done === true);
  if (over !== undefined) throw new Violation(`${over.id} is handed out, though it is over`);
}

/** Suspects come with nothing else in hand, of whatever queue. */
export function checkApart(parts: readonly TurnPart[], replies: readonly PartReply[]): void {
  const given = replies.filter(({ reply }) => (reply?.messages.length ?? 0) > 0);
  if (!given.some(({ reply }) => reply?.kind === "suspects")) return;
  const held = parts.flatMap(({ request }) => request.held);
  if (given.length > 1 || held.length > 0) {
    const with_ = `${held.length} in hand, of ${given.length} queues`;
    throw new Violation(`suspects are handed out together with others: ${with_}`);
  }
}

/** Passes count nothing twice; an outcome that turned out lost may have been told already. */
export function checkCounters(
  { stats }: View,
  counted: { readonly completed: number; readonly lost: number },
): void {
  const completed = Number(stats.get("completed") ?? 0);
  if (completed > counted.completed + counted.lost) {
    throw new Violation(`${completed} messages count as completed, of ${counted.completed}`);
  }
  for (const [name, value] of stats) {
    const isNumber = name === "by" || /^m\d+$/.test(name) || Number(value) >= 0;
    if (!isNumber) throw new Violation(`the counter ${name} is ${value}`);
  }
}

/** So many messages were handed out at this time. */
export interface Start {
  readonly at: number;
  readonly count: number;
}

/** Nothing is handed out while the queue is paused, nor more than all passes together may have. */
export function checkThrottling(
  { now, group }: View,
  { maxInFlight, maxPasses = Infinity, rateLimit, leaseMs }: StoreQueue,
  reply: TurnReply,
  {
    paused,
    starts,
    passOf,
  }: {
    readonly paused: boolean;
    readonly starts: readonly Start[];
    /** The pass that a token is of. */
    readonly passOf: ReadonlyMap<string, string>;
  },
): void {
  if (reply.messages.length === 0 || reply.kind === "replayed") return;
  if (paused) throw new Violation("messages are handed out, though the queue is paused");
  const inFlight = group?.pending.list().filter(({ consumer }) => consumer !== SUSPECTS) ?? [];
  if (maxInFlight !== undefined && inFlight.length > maxInFlight) {
    throw new Violation(`${inFlight.length} messages are in flight, of at most ${maxInFlight}`);
  }
  const live = inFlight.filter(({ deliveredAt }) => deliveredAt > now - leaseMs);
  const known = live.map(({ consumer }) => passOf.get(consumer));
  const passes = new Set(known.filter((pass) => pass !== undefined));
  if (passes.size > maxPasses) {
    throw new Violation(`${passes.size} passes are under way, of at most ${maxPasses}`);
  }
  if (rateLimit === undefined) return;
  const { limit, perMs } = rateLimit;
  const recent = starts.filter(({ at }) => at > now - perMs);
  const begun = recent.reduce((sum, { count }) => sum + count, 0);
  if (begun > limit) throw new Violation(`${begun} messages begin in ${perMs} ms, of ${limit}`);
}

/**
 * A message is stored only where no other has its key, and refused only where one has: `holder` is the
 * id of that one.
 */
export function checkKey(
  ledger: Ledger,
  message: Sent,
  holder: string | undefined,
  now: number,
): void {
  const { key, number } = message;
  if (key === undefined) return;
  const done = (ledger.doneUntil.get(key) ?? 0) > now;
  const alive = ledger.sharing(key).filter((other) => ledger.open.has(other));
  if (holder === undefined && (done || alive.length > 0)) {
    throw new Violation(`message ${number} is stored, though ${key} is taken`);
  }
  if (holder !== undefined && !done && !alive.some(({ sentId }) => sentId === holder)) {
    throw new Violation(`message ${number} is refused, though ${holder} does not have ${key}`);
  }
}

/** Every message is in exactly one place, and nothing grows without bound. */
export function checkEverything(view: View, ledger: Ledger): void {
  const { group, others, parked, crashes, keys, delayed } = view;
  const readUpTo = group === undefined ? 0 : positionOf(group.lastDelivered);
  for (const message of ledger.open) checkOne(view, ledger, message, readUpTo);
  for (const lastDelivered of others.values()) {
    checkOther(view, ledger, positionOf(lastDelivered));
  }
  const sent = ledger.messages.length;
  // Done work has two records where results are kept: of its key, and of its id.
  if (Math.max(parked.size, crashes.size, keys.size / 2, delayed.size) > sent) {
    throw new Violation("a table beside the stream grows without bound");
  }
}

function checkOne(view: View, ledger: Ledger, message: Sent, readUpTo: number): void {
  const { group, has, parked: parkedSet, dead } = view;
  if (message.position === undefined) {
    if (view.delayed.has(message.id as string)) return;
    const entry = view.entryOf(message.id as string);
    if (entry !== undefined) ledger.moved(message, entry);
  }
  const id = message.id as string;
  const there = has(id);
  const pending = group?.pending.has(id) === true;
  // A record proves that it waits where the set is lost.
  const parked = group !== undefined && (parkedSet.has(id) || (view.due.has(id) && !pending));
  const waiting = there && (message.position ?? 0) > readUpTo;
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
function checkOther({ has }: View, ledger: Ledger, readUpTo: number): void {
  for (const message of ledger.messages) {
    if (message.id === undefined || (message.position ?? 0) <= readUpTo) continue;
    if (!has(message.id)) {
      throw new Violation(`${message.id} is gone, and another group has not read it`);
    }
  }
}
