import { StoreError } from "./errors.ts";
import { type Extensions, leaseLost } from "./extensions.ts";
import { callLimits, noteRoundTrip, type Pass, wakeAll } from "./pass.ts";
import { drawOrder } from "./priority.ts";
import type { Stopped } from "./report.ts";
import { type Round, roundOf } from "./round.ts";
import type { Side } from "./side.ts";
import type { PartReply, TurnReply, TurnRequest } from "./store.ts";
import { countReply, countUnsettled, judge } from "./tally.ts";

/** Who takes a turn. */
export interface Party {
  readonly pass: Pass;
  readonly token: string;
  readonly sides: readonly Side[];
  readonly extensions: Extensions;
}

/** What a turn is to do beside settling what is done. */
export interface Errand {
  /** Most messages to claim. */
  readonly claim: number;
  /** Renew the leases of what is held. */
  readonly renew: boolean;
  /** Why the lane ends, in its last turn. */
  readonly final: Stopped | undefined;
}

interface Part {
  readonly side: Side;
  readonly request: TurnRequest;
}

/**
 * One turn of a lane, over all of its queues: what is done is settled, what is held renewed when due,
 * and up to `claim` messages are claimed.
 *
 * @throws StoreError when it failed, for one of the queues or for all; the pass is over then.
 */
export async function exchange(party: Party, errand: Errand): Promise<Round> {
  const { pass, extensions } = party;
  const parts = prepare(party, errand);
  const asked = extensions.take();
  const sentAt = pass.store.now();
  let replies: readonly PartReply[];
  try {
    replies = await ask(pass, parts, errand);
  } catch (error) {
    asked.fail(error);
    for (const part of parts) abandon(pass, part, error);
    throw error;
  }
  const requests = replies.reduce((sum, { reply }) => sum + (reply?.bill.requests ?? 0), 0);
  if (requests > 0) noteRoundTrip(pass, (pass.store.now() - sentAt) / requests);
  const answers = parts.flatMap(({ side, request }, i) => {
    const { reply, claim = 0, error } = replies[i] ?? {};
    if (error !== undefined) {
      abandon(pass, { side, request }, error);
      return [];
    }
    side.outlook.absorb(request, reply, claim);
    if (reply === undefined) {
      if (request.journal !== undefined) side.of.meter.told(request.journal, request, undefined);
      return [];
    }
    takeIn(side, request, reply, sentAt, pass.store.now());
    return [{ side, reply }];
  });
  if (answers.length > 0) pass.spent.turns += 1;
  const failed = replies.find(({ error }) => error !== undefined)?.error;
  if (failed !== undefined) {
    asked.fail(failed);
    throw failed;
  }
  asked.tell();
  const round = roundOf(answers);
  pass.claimsLeft += errand.claim - round.claimed;
  pass.hasLeft = round.claimed === 0 && parts.every(({ request }) => request.leaving);
  return round;
}

/** The requests, in the order in which the queues claim. */
function prepare({ pass, token, sides }: Party, { claim, renew, final }: Errand): readonly Part[] {
  const { options, store } = pass;
  const isEmpty = sides.every(({ hand }) => hand.size === 0);
  const isLast = final !== undefined;
  // Lanes that end together are in their last turns at once: the last of them to begin its own leaves.
  const leaving = pass.wakers.size === (isLast ? 0 : 1);
  const order =
    claim === 0 ? sides.keys() : drawOrder(sides.length, options.weights, () => store.random());
  return [...order].flatMap((place) => {
    const side = sides[place];
    if (side === undefined || side.broken) return [];
    const { hand, outlook, of } = side;
    const outcomes = hand.takeOutcomes(isLast);
    const expected = outlook.expect(claim, isEmpty, isLast);
    // Where a message was deleted, nothing is left to renew.
    const held = hand.list().filter(({ leasedAt }) => leasedAt < Infinity);
    const journal = of.queue.storeQueue.statistics
      ? of.meter.tell({
          token,
          now: store.now(),
          requests: of === pass.queues[0] ? pass.spent.requests + 1 : 0,
          outcomes,
          mayEnd: isLast || (claim > 0 && held.length === 0),
          reason: final ?? "",
        })
      : undefined;
    const request = {
      ...outcomes,
      ...expected,
      token,
      number: pass.spent.requests + 1,
      first: !side.begun,
      held,
      renew,
      claim,
      final: isLast,
      journal,
      pass: pass.id,
      // With something in hand it stays, also where a copy of this arrives when that is settled.
      leaving: leaving && held.length === 0,
    };
    return [{ side, request }];
  });
}

async function ask(
  pass: Pass,
  parts: readonly Part[],
  { claim, final }: Errand,
): Promise<readonly PartReply[]> {
  const limits = callLimits(pass, final !== undefined);
  const [only] = parts;
  if (pass.queues.length === 1 && only !== undefined) {
    const { storeQueue } = only.side.of.queue;
    const reply = await pass.store.turn(storeQueue, only.request, limits);
    return [{ reply, claim, error: undefined }];
  }
  const requests = parts.map(({ side, request }) => ({
    queue: side.of.queue.storeQueue,
    request,
  }));
  return pass.store.turns(requests, limits);
}

function takeIn(side: Side, request: TurnRequest, given: TurnReply, sentAt: number, now: number) {
  const { of, hand, outlook } = side;
  const reply = judge(of.queue.storeQueue, request, given, now - of.queue.storeQueue.leaseMs);
  side.begun ||= reply.heldBack !== "passes";
  countReply(of.tally, request, reply);
  if (request.journal !== undefined) of.meter.told(request.journal, request, reply);
  for (const { id, delivery } of reply.kind === "ordinary" ? reply.messages : []) {
    if (delivery === 1) of.meter.waited(reply.now - Number.parseInt(id, 10));
  }
  of.seen = outlook.seen;
  for (const id of reply.lost) hand.drop(id, leaseLost(id));
  for (const item of hand.list()) {
    if (reply.gone.includes(item.id)) item.leasedAt = Infinity;
    else if (request.renew && item.leasedAt < Infinity) item.leasedAt = sentAt;
  }
  hand.admit(reply.messages, sentAt);
  for (const message of reply.waiting) hand.keepWaiting(message);
}

/** A turn that failed: what it should have settled is uncertain, and the pass is over. */
function abandon(pass: Pass, { side, request }: Part, error: unknown): void {
  pass.failed = true;
  side.broken = true;
  wakeAll(pass);
  if (!(error instanceof StoreError)) return;
  pass.error = error;
  countUnsettled(side.of.tally, request);
}
