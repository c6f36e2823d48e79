// Limits over all functions of the queue, decided in the claim: how many messages are worked on at
// once, how many begin in a length of time, and how many passes there are. Suspects are not worked on,
// and do not count.

import { SUSPECTS, type Turn } from "./turn-begin.ts";

/** Of a rate's time; so exact it is, and never too generous. */
const BUCKETS = 100;

/** Lets the turn claim less, and says why. */
export function limitClaim(turn: Turn): void {
  const { queue } = turn;
  if (isOver(turn)) turn.claim = 0;
  if (turn.claim > 0 && queue.maxPasses !== undefined) limitPasses(turn, queue.maxPasses);
  if (turn.claim === 0) return;
  if (queue.maxInFlight !== undefined) limitInFlight(turn, queue.maxInFlight);
  if (queue.rateLimit !== undefined && turn.claim > 0) limitRate(turn, queue.rateLimit);
}

/**
 * A pass that is under way has a lease, which each of its turns renews and which ends by itself. One that
 * ends far in the future is from before the clock went back, of a pass that is over.
 */
function limitPasses(turn: Turn, most: number): void {
  const { request, now, lease, survey } = turn;
  const { passes } = turn.tables;
  const isUnderWay = (until: number) => until > now && until <= now + 2 * (turn.longest ?? lease);
  const others = [...passes].filter(([pass, until]) => pass !== request.pass && isUnderWay(until));
  if (others.length >= most) {
    turn.heldBack = "passes";
    turn.claim = 0;
    return;
  }
  passes.set(request.pass, now + lease);
  if (survey !== undefined)
    for (const [pass, until] of passes) if (until <= now) passes.delete(pass);
}

/**
 * With a long handler in hand it claims nothing for a while; or it gets what it has claimed already. One
 * whose lease ran out meanwhile is under way all the same.
 */
export function renewPass({ queue, request, claim, kind, stillHeld, ...turn }: Turn): void {
  const holds = claim === 0 && stillHeld.size > 0;
  if (queue.maxPasses === undefined || !(holds || kind === "replayed")) return;
  turn.tables.passes.set(request.pass, turn.now + turn.lease);
}

/** What is claimed for nobody would be dead without having run. */
function noteEnds({ queue, request }: Turn): boolean {
  return request.number > 0 && (queue.onCrash === "dead" || queue.maxDeliveries === 1);
}

/** A copy of the turn that left its pass with nothing, or of an older one. */
function isOver(turn: Turn): boolean {
  const { token, number } = turn.request;
  const ended = turn.tables.state.ended?.[token.charAt(3)];
  return noteEnds(turn) && ended?.token === token && ended.number >= number;
}

export function leave(turn: Turn): void {
  const { queue, request, heldBack, tables } = turn;
  const { token, number } = request;
  const { state } = tables;
  if (noteEnds(turn)) state.ended = { ...state.ended, [token.charAt(3)]: { token, number } };
  if (queue.maxPasses === undefined || !request.leaving || heldBack === "passes") return;
  tables.passes.delete(request.pass);
}

function limitInFlight(turn: Turn, most: number): void {
  const { pending, consumers } = turn.group;
  const inFlight = pending.size - (consumers.get(SUSPECTS)?.size ?? 0);
  if (inFlight + turn.claim <= most) return;
  turn.heldBack = "in flight";
  turn.claim = Math.max(0, most - inFlight);
}

/**
 * A bucket counts as long as any part of it is inside of the time. One of the future is from before
 * the clock went back: a queue does not stand still until it is caught up with.
 */
function limitRate(turn: Turn, { limit, perMs }: NonNullable<Turn["queue"]["rateLimit"]>): void {
  const { starts } = turn.tables;
  const width = perMs / BUCKETS;
  const endOf = (bucket: number) => (bucket + 1) * width + perMs;
  const current = Math.floor(turn.now / width);
  const counts = (bucket: number) => endOf(bucket) > turn.now && bucket <= current;
  for (const bucket of starts.keys()) if (!counts(bucket)) starts.delete(bucket);
  const begun = [...starts.values()].reduce((sum, count) => sum + count, 0);
  if (begun + turn.claim <= limit) return;
  turn.heldBack = "rate";
  turn.claim = Math.max(0, limit - begun);
  // Whatever is due: nothing begins before.
  if (turn.claim === 0) turn.nextDueAt = Math.ceil(endOf(Math.min(...starts.keys())));
}

export function countStarts(turn: Turn): void {
  const { queue, tables, now, messages, kind } = turn;
  if (queue.rateLimit === undefined || messages.length === 0 || kind === "replayed") return;
  const bucket = Math.floor(now / (queue.rateLimit.perMs / BUCKETS));
  tables.starts.set(bucket, (tables.starts.get(bucket) ?? 0) + messages.length);
}
