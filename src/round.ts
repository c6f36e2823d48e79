import { foundBy } from "./outlook.ts";
import type { Side } from "./side.ts";
import type { TurnReply } from "./store.ts";

/** What a turn brought, of all queues of its lane together. */
export interface Round {
  /** Messages that were handed out. */
  readonly claimed: number;
  /** What was come upon, those included that were not handed out, and what was lost or sent again. */
  readonly found: number;
  /** The store's clock. */
  readonly now: number;
  /** When the first message is due, by that clock; undefined where none is known. */
  readonly nextDueAt: number | undefined;
  /** Why less was handed out than there may be; "paused" only where all queues are. */
  readonly heldBack: TurnReply["heldBack"];
  /** When a rate lets messages begin again, where one holds them back. */
  readonly rateOpensAt: number | undefined;
}

export function roundOf(
  answers: readonly { readonly side: Side; readonly reply: TurnReply }[],
): Round {
  const replies = answers.map(({ reply }) => reply);
  const reasons = replies.map(({ heldBack }) => heldBack);
  return {
    claimed: replies.reduce((sum, { messages }) => sum + messages.length, 0),
    found: replies.reduce(
      (sum, reply) => sum + foundBy(reply) + reply.lost.length + reply.gone.length,
      0,
    ),
    now: Math.max(...replies.map(({ now }) => now)),
    nextDueAt: earliest(replies.map(({ nextDueAt }) => nextDueAt)),
    heldBack:
      reasons.find((reason) => reason === "rate") ??
      reasons.find((reason) => reason === "in flight" || reason === "passes") ??
      (reasons.every((reason) => reason === "paused") ? "paused" : undefined),
    // Not when anything is due: another queue may hold back what is due already.
    rateOpensAt: earliest(
      replies.filter(({ heldBack }) => heldBack === "rate").map(({ nextDueAt }) => nextDueAt),
    ),
  };
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
