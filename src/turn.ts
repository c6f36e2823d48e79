// What a turn asks and answers, in the protocol's words: what the pass settles, renews and claims, and
// what the store found. docs/design.md tells how.

import type { StoreError } from "./errors.ts";
import type { StoreQueue } from "./store.ts";

/** A delivery: which message, which hand-over of it, and the key it works under. */
export interface Delivery {
  readonly id: string;
  /** Number of this hand-over as Redis counts it, from 1. */
  readonly delivery: number;
  /** Idempotency key; empty where the message has none. */
  readonly key: string;
  /** A pass died with it before, so there is a record of that. */
  readonly crashed?: boolean;
  /** The start of its lease by the store's clock, or earlier; Infinity: nobody else can have it. */
  readonly leasedAt?: number;
}

export interface Completion extends Delivery {
  /** What the handler returned, as text, where results are kept. */
  readonly result?: string | undefined;
  /** The id that its sender knows, for a message that was delayed. */
  readonly messageId?: string;
}

export interface Retrial extends Delivery {
  readonly delayMs: number;
}

/** Given back, its delivery not counted: at once, or after a while. */
export interface Release extends Delivery {
  readonly delayMs: number;
}

export interface Rejection extends Delivery {
  readonly reason: DeadReason;
  readonly error: string;
  /** Follows the error's text in the dead letter, on lines of its own. */
  readonly stack?: string;
  readonly failures: number;
}

/** An error's text with its stack behind it, as a dead letter has them. */
export function textOf({ error, stack = "" }: Pick<Rejection, "error" | "stack">): string {
  return stack === "" ? error : `${error}\n${stack}`;
}

/** Why a message is a dead letter. */
export type DeadReason = "failed" | "rejected" | "invalid" | "crashed";

/** The outcomes that one turn settles. */
export interface Outcomes {
  readonly complete: readonly Completion[];
  readonly retry: readonly Retrial[];
  readonly dead: readonly Rejection[];
  readonly release: readonly Release[];
  /** Parked messages that wait for the keys of these. */
  readonly waiting: readonly Waiting[];
}

/** A message that waits until the one that has its key is settled. */
export interface Waiting {
  readonly id: string;
  readonly key: string;
}

export interface TurnRequest extends Outcomes {
  /** The pass token: the consumer that owns what this pass claims. */
  readonly token: string;
  /** Grows from turn to turn of a token, so that a copy of an older one is known; 0 says nothing. */
  readonly number: number;
  /** The token has claimed nothing yet: what it owns belongs to another pass that drew the same one. */
  readonly first: boolean;
  /** Still in hand and not settled by this turn. */
  readonly held: readonly Delivery[];
  /** Renew the leases of what is held, and the records of its keys. */
  readonly renew: boolean;
  /** Most messages to claim; 0 claims nothing. */
  readonly claim: number;
  /** Most payload bytes to return; at least one message comes all the same. */
  readonly maxBytes: number;
  /** Mean payload size seen so far, in bytes; the largest that may come where nothing was seen yet. */
  readonly sizeHint: number;
  /** Look at the group: create it, sweep expired leases, find other groups. */
  readonly survey: boolean;
  /**
   * Suspects may be handed out before ordinary messages, or if there are none of those. "not now" only
   * says whether there may be some.
   */
  readonly suspects: "first" | "last" | "no" | "not now";
  /** Most suspects to hand out together the first time. */
  readonly suspectBatch: number;
  /** The pass that this lane is of, and whether it is its last one: where passes are limited. */
  readonly pass: string;
  readonly leaving: boolean;
  /** The pass ends: what a lost response left is released, the consumer removed. */
  readonly final: boolean;
  /** This pass has met idempotency keys: outcomes carry them, their set is kept in order. */
  readonly keyed: boolean;
  /** Prune expired idempotency records now. */
  readonly housekeeping: boolean;
  /** What the turn writes down for statistics; undefined where the queue keeps none, or not now. */
  readonly journal: Journal | undefined;
  /** The removal mode that the last survey found; undefined before the first. */
  readonly found: SurveyFindings | undefined;
}

/** What a pass has done since it told of itself last. */
export interface Journal {
  /** Written where the turn ends the pass, or in any case. */
  readonly when: "ending" | "now";
  /** Names the turn, so that it counts once when it is sent again. */
  readonly turn: string;
  /** Why the pass ends; empty where only the turn finds out. */
  readonly reason: string;
  /** For the journal alone: how long the pass took, and its handlers and messages. */
  readonly shown: readonly Amount[];
  /** What was done, the outcomes of this turn included. Without any, only the time is written. */
  readonly totals: readonly Amount[];
  /** What it took. */
  readonly overhead: readonly Amount[];
  /** How often a time fell into each bucket of a histogram. */
  readonly times: readonly Amount[];
}

/** The name of a counter, and how much is added to it. */
export type Amount = readonly [name: string, amount: number];

/** An entry handed to the pass. */
export interface ClaimedEntry {
  readonly id: string;
  readonly delivery: number;
  /** How many of its deliveries ended with the death of their pass. */
  readonly crashes: number;
  /** Names and values, alternating, as stored. */
  readonly fields: readonly string[];
}

/** What a survey found; later turns of the pass work by it. */
export interface SurveyFindings {
  /** Other groups or a retention forbid deletion: completed entries are left to the trim. */
  readonly keep: boolean;
  /** All groups of the stream. */
  readonly groups: readonly string[];
  /** The sweep has come upon more than it took: its next slice may follow at once. */
  readonly sweeping: boolean;
  /** When the next survey is worth its commands, by the store's clock. */
  readonly nextAt: number;
  /**
   * How many entries are in the way that nobody owns and nobody waits for, for the trim to look at; -1 where messages
   * are lost from sight. Not those of `orphans`.
   */
  readonly leftovers: number;
  /** What an earlier pass found and could not decide, and what is there unchanged. */
  readonly orphans: Orphans | undefined;
}

/** Entries that the group has read, and that nothing proves to be done or to wait. */
export interface Orphans {
  readonly count: number;
  readonly firstId: string;
}

export interface TurnReply {
  /** The store's clock, in milliseconds since 1970. */
  readonly now: number;
  /** `replayed`: what a lost response left; `suspects`: delivered before and never settled. */
  readonly kind: "ordinary" | "replayed" | "suspects";
  readonly messages: readonly ClaimedEntry[];
  /** Ids that this pass does not own any more: nothing was changed for them. */
  readonly lost: readonly string[];
  /** Ids whose outcome was sent more than once, and whose fate cannot be told. */
  readonly uncertain: readonly string[];
  /**
   * Of the lost ones, and of those that were sent before, the ids that are in no list any more: somebody
   * has ended them, or removed their payloads.
   */
  readonly gone: readonly string[];
  /** Entries completed without running: their key was done inside the window. */
  readonly duplicates: number;
  /** Entries parked because their key is being worked on. */
  readonly deferred: number;
  /** Those: a pass that has the other message of a key tells when that is settled. */
  readonly waiting: readonly Waiting[];
  /** Dead letters made of suspects, beside those that were among the outcomes. */
  readonly dead: number;
  /** Expired leases that the sweep found. */
  readonly reclaimed: number;
  /** Pending or parked entries whose payload is gone: someone else trimmed or deleted it. */
  readonly lostPayloads: number;
  /** Unread entries that someone else trimmed, at least. */
  readonly trimmedUnread: number;
  readonly suspectsLeft: boolean;
  /** When the first parked message is due, by the store's clock; undefined when unknown or none. */
  readonly nextDueAt: number | undefined;
  readonly createdGroup: boolean;
  /** Why less was handed out than there may be: the queue is paused, or a limit of it is reached. */
  readonly heldBack: "paused" | "rate" | "in flight" | "passes" | undefined;
  /** The server refused to hand out more: its limit of pending entries a consumer. */
  readonly pendingLimit: boolean;
  /** What the request's journal says was written down. */
  readonly journaled: boolean;
  /** Present when the turn surveyed. */
  readonly found: SurveyFindings | undefined;
  readonly bill: Bill;
}

/** One queue's part of a step over several. */
export interface TurnPart {
  readonly queue: StoreQueue;
  readonly request: TurnRequest;
}

/**
 * Whether a turn asks for messages and nothing else, so that it may wait where none can be claimed: a
 * survey that is not the first serves the claim, and so do suspects that are not known of.
 */
export function mayBePassedOver(request: TurnRequest): boolean {
  const { held, complete, retry, dead, release, found, suspects, final } = request;
  const empty = [held, complete, retry, dead, release].every((list) => list.length === 0);
  return empty && found !== undefined && suspects !== "first" && !final;
}

/** What became of it: a reply, an error of this queue alone, or neither where it was passed over. */
export interface PartReply {
  /** How many it could claim: those before it in the step may have left less than was asked for. */
  readonly claim: number;
  readonly reply: TurnReply | undefined;
  readonly error: StoreError | undefined;
}

/** What a call cost. */
export interface Bill {
  readonly requests: number;
  /** Redis commands, those inside of scripts included. */
  readonly commands: number;
}
