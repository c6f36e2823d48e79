// The port between the queue and whatever keeps its messages. It speaks the protocol's words, and
// one conformance suite holds every implementation to them. docs/design.md tells the protocol.

/** Where time, chance and waiting come from, so that a test can bring its own. */
export interface Clock {
  /** Milliseconds since 1970 by the local clock; only differences of it are used. */
  now(): number;
  /** A number from 0 up to 1. */
  random(): number;
  /** Resolves after `ms` milliseconds, or at once when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** What a store has to know of a queue: its names and the part of its policy that Redis enforces. */
export interface StoreQueue {
  readonly stream: string;
  readonly group: string;
  /** Where dead letters go; the store's own name for it where the queue names none. */
  readonly deadLetterStream: string | undefined;
  readonly deadLetterRetention: Retention | undefined;
  /** Where a group that never existed starts. */
  readonly start: "0" | "$";
  readonly leaseMs: number;
  /** Least time between two sweeps for expired leases, in milliseconds. */
  readonly gateMs: number;
  readonly maxDeliveries: number;
  /** What happens to a message whose pass died: tried again, or a dead letter at once. */
  readonly onCrash: "retry" | "dead";
  /** Whether other groups read the stream, so that entries are trimmed and never deleted. */
  readonly shared: boolean;
  /** How long completed entries stay; undefined removes them on completion. */
  readonly retention: Retention | undefined;
  /** The entry's field that holds its idempotency key. */
  readonly keyField: string;
  readonly windowMs: number;
  readonly keepResults: boolean;
}

/** What is kept: entries younger than an age, or the newest so many. */
export type Retention = { readonly maxAgeMs: number } | { readonly maxCount: number };

/** How long and how often a store may try one call. */
export interface CallLimits {
  /** No attempt starts after this time of the store's clock. */
  readonly deadline?: number | undefined;
  /** Asked before each request, and counts it; on false the call gives up. */
  readonly mayRequest?: (() => boolean) | undefined;
}

/** A delivery: which message, which hand-over of it, and the key it works under. */
export interface Delivery {
  readonly id: string;
  /** Number of this hand-over as Redis counts it, from 1. */
  readonly delivery: number;
  /** Idempotency key; empty where the message has none. */
  readonly key: string;
  /** A pass died with it before, so there is a record of that. */
  readonly crashed?: boolean;
}

export interface Completion extends Delivery {
  /** What the handler returned, as text, where results are kept. */
  readonly result?: string | undefined;
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
  readonly failures: number;
}

/** Why a message is a dead letter. */
export type DeadReason = "failed" | "rejected" | "invalid" | "crashed";

/** The outcomes that one turn settles. */
export interface Outcomes {
  readonly complete: readonly Completion[];
  readonly retry: readonly Retrial[];
  readonly dead: readonly Rejection[];
  readonly release: readonly Release[];
}

export interface TurnRequest extends Outcomes {
  /** The pass token: the consumer that owns what this pass claims. */
  readonly token: string;
  /** Still in hand and not settled by this turn. */
  readonly held: readonly Delivery[];
  /** Renew the leases of what is held, and the records of its keys. */
  readonly renew: boolean;
  /** Most messages to claim; 0 claims nothing. */
  readonly claim: number;
  /** Most payload bytes to return; at least one message comes all the same. */
  readonly maxBytes: number;
  /** Mean payload size seen so far, in bytes; 0 where nothing was seen yet. */
  readonly sizeHint: number;
  /** Size of the first slice where no payload size is known yet. */
  readonly probe: number;
  /** Look at the group: create it, sweep expired leases, find other groups. */
  readonly survey: boolean;
  /**
   * Suspects may be handed out before ordinary messages, if there are none of those, or not now; with
   * `only`, nothing else is claimed.
   */
  readonly suspects: "first" | "last" | "only" | "no";
  /** Most suspects to hand out together the first time. */
  readonly suspectBatch: number;
  /** The pass ends: what a lost response left is released, the consumer removed. */
  readonly final: boolean;
  /** This pass has met idempotency keys: outcomes carry them, their set is kept in order. */
  readonly keyed: boolean;
  /** Prune expired idempotency records now. */
  readonly housekeeping: boolean;
  /** Lease and removal mode that the last survey found; undefined before the first. */
  readonly found: SurveyFindings | undefined;
}

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
  /** The larger of the queue's lease and the one that other passes recorded. */
  readonly leaseMs: number;
  /** Other groups or a retention forbid deletion: completed entries are left to the trim. */
  readonly keep: boolean;
  /** All groups of the stream. */
  readonly groups: readonly string[];
  /** The sweep is in the middle of the pending list; its next slice may follow at `nextAt`. */
  readonly sweeping: boolean;
  /** When the next survey is worth its commands, by the store's clock. */
  readonly nextAt: number;
  /** Entries that nobody owns and nobody waits for are in the way: a trim would remove them. */
  readonly leftovers: boolean;
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
  /** Entries completed without running: their key was done inside the window. */
  readonly duplicates: number;
  /** Entries parked because their key is being worked on. */
  readonly deferred: number;
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
  /** The server refused to hand out more: its limit of pending entries a consumer. */
  readonly pendingLimit: boolean;
  /** Present when the turn surveyed. */
  readonly found: SurveyFindings | undefined;
  readonly bill: Bill;
}

/** What a call cost. */
export interface Bill {
  readonly requests: number;
  /** Redis commands, those inside of scripts included. */
  readonly commands: number;
}

export interface SendRequest {
  /** Names the request, so that sending it again stores nothing twice. */
  readonly requestId: string;
  /** For each message its fields, names and values alternating. */
  readonly entries: readonly (readonly string[])[];
}

export interface SendReply {
  /** Ids of the stored messages, in order. */
  readonly ids: readonly string[];
  /** Why the rest was not stored; undefined when all were. */
  readonly error: Error | undefined;
  readonly bill: Bill;
}

export interface DeadLetterEntry {
  /** Its id in the dead-letter stream. */
  readonly id: string;
  readonly originalId: string;
  readonly reason: DeadReason;
  readonly error: string;
  /** Milliseconds since 1970 by the server's clock. */
  readonly failedAt: number;
  readonly deliveries: number;
  readonly failures: number;
  /** The fields of the original entry. */
  readonly fields: readonly string[];
}

/** How much is where. Plain reads: on a replica they may be behind. */
export interface Depth {
  /** Entries in the stream, completed ones that are kept included. */
  readonly entries: number;
  /** Handed out and not settled. */
  readonly inFlight: number;
  readonly parked: number;
  readonly dead: number;
}

/** The record of a message's work, where results are kept. */
export interface ResultRecord {
  readonly result: string;
}

export interface Store extends Clock {
  send(queue: StoreQueue, request: SendRequest, limits: CallLimits): Promise<SendReply>;
  turn(queue: StoreQueue, request: TurnRequest, limits: CallLimits): Promise<TurnReply>;
  /** Removes completed entries below every group's unprocessed work; returns how many. */
  trim(queue: StoreQueue, groups: readonly string[], limits: CallLimits): Promise<Trimmed>;
  /** Parks again what the loss of the parked set made invisible; call until `cursor` is undefined. */
  repair(queue: StoreQueue, cursor: string | undefined, limits: CallLimits): Promise<Repaired>;
  readDeadLetters(
    queue: StoreQueue,
    page: { readonly after: string | undefined; readonly count: number },
    limits: CallLimits,
  ): Promise<readonly DeadLetterEntry[]>;
  /** Moves dead letters back to the stream; returns each new id, or undefined where it was gone. */
  redrive(
    queue: StoreQueue,
    ids: readonly string[],
    limits: CallLimits,
  ): Promise<readonly (string | undefined)[]>;
  /** Removes dead letters for good; returns how many there were. */
  removeDeadLetters(queue: StoreQueue, ids: readonly string[], limits: CallLimits): Promise<number>;
  result(queue: StoreQueue, name: string, limits: CallLimits): Promise<ResultRecord | undefined>;
  depth(queue: StoreQueue, limits: CallLimits): Promise<Depth>;
}

export interface Trimmed {
  readonly removed: number;
  /** A slice was removed, and more may go. */
  readonly more: boolean;
  /** Entries are there that may be parked messages whose set was lost: a repair brings them back. */
  readonly orphans: boolean;
  readonly bill: Bill;
}

export interface Repaired {
  readonly parked: number;
  readonly cursor: string | undefined;
}
