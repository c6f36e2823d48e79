import type { Tally } from "./report.ts";
import type { Outcomes, TurnReply, TurnRequest } from "./store.ts";

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
