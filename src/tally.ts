import type { Tally } from "./report.ts";
import type { Delivery, Outcomes, StoreQueue, TurnReply, TurnRequest } from "./store.ts";

/**
 * What is certain of what is gone. A lease that began after `since` still runs, and nobody else could end
 * such a message: an outcome that was sent before was settled then, and one that is not owned any more has
 * lost its payload, but not its work. What a queue drops itself, nobody else has removed.
 */
export function judge(
  { keepNewest }: StoreQueue,
  { held, complete, retry, dead, release }: TurnRequest,
  reply: TurnReply,
  since: number,
): TurnReply {
  const { gone, lost } = reply;
  const ours = (list: readonly Delivery[]) =>
    list
      .filter(({ id, leasedAt = 0 }) => leasedAt > since && gone.includes(id))
      .map(({ id }) => id);
  const worked = ours([...held, ...complete]);
  const certain = [...lost, ...worked, ...ours([...retry, ...dead, ...release])];
  return {
    ...reply,
    lost: lost.filter((id) => !worked.includes(id)),
    uncertain: [...reply.uncertain, ...gone.filter((id) => !certain.includes(id))],
    lostPayloads: keepNewest === undefined ? reply.lostPayloads : 0,
  };
}

/** Adds what a turn did. Outcomes count once the store has confirmed them. */
export function countReply(tally: Tally, request: TurnRequest, reply: TurnReply): void {
  const unsettled = new Set([...reply.lost, ...reply.uncertain]);
  const settled = (outcomes: readonly { readonly id: string }[]) =>
    unsettled.size === 0 ? outcomes.length : outcomes.filter(({ id }) => !unsettled.has(id)).length;
  tally.completed += settled(request.complete);
  tally.retried += settled(request.retry);
  tally.released += settled(request.release);
  tally.dead += settled(request.dead) + reply.dead;
  tally.lost += reply.lost.length;
  tally.uncertain += reply.uncertain.length;
  tally.claimed += reply.messages.length;
  tally.duplicates += reply.duplicates;
  tally.deferred += reply.deferred;
  tally.reclaimed += reply.reclaimed;
  if (reply.kind === "replayed") tally.replayed += reply.messages.length;
  tally.lostPayloads += reply.lostPayloads;
  tally.trimmedUnread += reply.trimmedUnread;
  tally.pendingLimit ||= reply.pendingLimit;
  tally.nextDueAt = reply.nextDueAt;
  tally.commands += reply.bill.commands;
}

/** Outcomes that no turn could settle. */
export function countUnsettled(tally: Tally, outcomes: Outcomes): void {
  const { complete, retry, dead } = outcomes;
  tally.uncertain += complete.length + retry.length + dead.length;
}
