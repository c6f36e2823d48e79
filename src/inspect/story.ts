// Where one message is, told from what was read.

import { comesAfter, millisecondsOf } from "../oldest-ready.ts";
import type { DeadLetterEntry } from "../read-dead-letter.ts";
import { kindOf } from "./consumers.ts";
import { readParkedScore } from "./parked.ts";
import type { Content } from "./payload.ts";
import type { PendingEntry } from "./pending.ts";
import { why } from "./why.ts";

/**
 * `delayed`: not due yet; `ready`: no pass has taken it; `inFlight`: a consumer has it; `parked`: waits
 * for its retry time; `dead`: a dead letter; `done`: completed, and something of it is kept; `gone`:
 * nothing of it was found: it is completed and removed, was cancelled, or never was.
 */
export type Whereabouts = "delayed" | "ready" | "inFlight" | "parked" | "dead" | "done" | "gone";

export interface ShowOptions {
  /** How much of the payload is shown. @default 2,000 */
  readonly payloadChars?: number;
}

/** All that is known of a message. */
export interface MessageStory {
  /** As it was asked for. */
  readonly id: string;
  /** Its entry in the stream; undefined where there is none, or it was not found. */
  readonly entryId: string | undefined;
  readonly where: Whereabouts;
  /** Why it is not running, or who works on it: a sentence for people. */
  readonly why: string;
  /** When it was sent, by its id. */
  readonly sentAt: Date;
  /** When it is tried next, where a time is set: due, or its lease ends; passes come when they come. */
  readonly nextAt: Date | undefined;
  readonly consumer: string | undefined;
  /** Since it was handed out, or its lease renewed. */
  readonly idleMs: number | undefined;
  readonly deliveries: number;
  /** How many passes died with it. */
  readonly crashes: number;
  /** How often the handler refused it. */
  readonly failures: number;
  readonly deadLetter: Omit<DeadLetterEntry, "fields"> | undefined;
  /** The record of done work under its id expires then (`keepResults`). */
  readonly doneUntil: Date | undefined;
  /** What the handler returned, as JSON, where results are kept. */
  readonly result: string | undefined;
  readonly content: Content | undefined;
  /** What was looked through for it; false where there was more than one look takes. */
  readonly searchedAll: boolean;
}

/** What was read of a message. */
export interface Facts {
  readonly id: string;
  readonly now: number;
  /** The lease that counts. */
  readonly leaseMs: number;
  readonly paused: boolean;
  /** A sentence for each limit that holds messages back, and for the key of this one. */
  readonly heldBack: readonly string[];
  /** Milliseconds since 1970; 0 where no pass ended yet. */
  readonly lastPass: number;
  /** The id up to which the group has read. */
  readonly position: string;
  readonly dueAt: number | undefined;
  readonly entryId: string | undefined;
  readonly pending: PendingEntry | undefined;
  readonly parkedScore: number | undefined;
  readonly crashes: number;
  /** What its entry's retry count says that hand-written code has spent. */
  readonly triedBefore: number;
  readonly letter: DeadLetterEntry | undefined;
  readonly doneUntil: number | undefined;
  readonly result: string | undefined;
  readonly content: Content | undefined;
  readonly searchedAll: boolean;
}

export function whereIs(facts: Omit<Facts, "searchedAll">): Whereabouts {
  if (facts.dueAt !== undefined) return "delayed";
  if (facts.pending !== undefined) return "inFlight";
  if (facts.parkedScore !== undefined) return "parked";
  if (facts.letter !== undefined) return "dead";
  if (facts.entryId !== undefined && comesAfter(facts.entryId, facts.position)) return "ready";
  const known = facts.entryId ?? facts.doneUntil ?? facts.result;
  return known === undefined ? "gone" : "done";
}

export function tellStory(facts: Facts): MessageStory {
  const { id, entryId, pending, letter, crashes, doneUntil } = facts;
  const where = whereIs(facts);
  const parked = facts.parkedScore === undefined ? undefined : readParkedScore(facts.parkedScore);
  const deliveries = pending?.deliveries ?? parked?.deliveries ?? letter?.deliveries ?? 0;
  const underWay = pending === undefined ? 0 : 1;
  return {
    id,
    entryId,
    where,
    why: why(where, facts),
    sentAt: new Date(sentAt(id)),
    nextAt: nextAt(facts, parked?.dueAt),
    consumer: pending?.consumer,
    idleMs: pending?.idleMs,
    deliveries,
    crashes,
    failures: letter?.failures ?? Math.max(0, deliveries - underWay - crashes) + facts.triedBefore,
    deadLetter: letter && withoutFields(letter),
    doneUntil: doneUntil === undefined ? undefined : new Date(doneUntil),
    result: facts.result,
    content: facts.content,
    searchedAll: facts.searchedAll,
  };
}

/** The id of a message that was delayed is `d`, the time sent, and more. */
export function sentAt(id: string): number {
  return millisecondsOf(id.replace(/^d/, ""));
}

function withoutFields({ fields: _, ...letter }: DeadLetterEntry) {
  return letter;
}

function nextAt({ pending, dueAt, now, leaseMs }: Facts, retryAt?: Date): Date | undefined {
  if (dueAt !== undefined) return new Date(dueAt);
  if (pending === undefined) return retryAt;
  return kindOf(pending.consumer) === "suspects"
    ? undefined
    : new Date(now - pending.idleMs + leaseMs);
}
