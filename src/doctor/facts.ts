// What one examination has read. Whatever the server does not tell is undefined, never a guess.

import type { ConsumerInfo } from "../inspect/consumers.ts";
import type { PassRecord } from "../inspect/journal.ts";
import type { PendingEntry } from "../inspect/pending.ts";
import type { GroupReading, QueueStats } from "../statistics.ts";
import type { StoreQueue } from "../store.ts";
import type { Unseen } from "./finding.ts";
import type { ClientFacts, UserFacts } from "./server.ts";

export interface Facts {
  readonly queue: StoreQueue & { readonly name: string };
  /** The caller named the group, so it ought to be there. */
  readonly groupIsNamed: boolean;
  readonly server: ServerFacts;
  /** `other`: a key of another type has the stream's name; `unseen`: the server refuses to tell. */
  readonly streamIs: "there" | "missing" | "other" | "unseen";
  readonly stream: StreamFacts | undefined;
  /** The newest entries, the newest first. */
  readonly newest: readonly EntryFacts[];
  /** The queue's own group first; at most eight. */
  readonly groups: readonly GroupFacts[];
  /** How many more groups the stream has. */
  readonly moreGroups: number;
  /** What xdrain keeps of the queue's own group; zeros where it keeps nothing. */
  readonly stats: QueueStats | undefined;
  /** Fields of the group's state, by their names. */
  readonly state: ReadonlyMap<string, unknown>;
  /** What the latest passes did, the newest first. */
  readonly passes: readonly PassRecord[];
  readonly waiting: WaitingFacts;
  /** Keys of the queue that the server deletes at some time, and should not. */
  readonly expiring: readonly { readonly key: string; readonly inMs: number }[];
  readonly neighbours: NeighbourFacts | undefined;
  /** The same a while later. */
  readonly later: LaterFacts | undefined;
  readonly unseen: readonly Unseen[];
}

export interface ServerFacts {
  /** Milliseconds since 1970 by the server's clock. */
  readonly now: number;
  /** How far the server's clock is ahead of the local one, to half a round trip. */
  readonly aheadMs: number;
  readonly roundTripMs: number;
  readonly info: ReadonlyMap<string, string> | undefined;
  /** When snapshots are made, as configured; empty: never. */
  readonly snapshots: string | undefined;
  readonly user: UserFacts | undefined;
  readonly clients: readonly ClientFacts[] | undefined;
}

export interface StreamFacts {
  readonly length: number;
  readonly added: number | undefined;
  readonly firstId: string | undefined;
  /** The highest id that the stream ever had. */
  readonly lastId: string;
}

export interface EntryFacts {
  readonly id: string;
  readonly fields: readonly string[];
}

export interface GroupFacts extends GroupReading {
  readonly name: string;
  /** It is the queue's own one. */
  readonly own: boolean;
  /** Passes of xdrain have read it. */
  readonly drained: boolean;
  /** Undefined where there are too many to list. */
  readonly consumerList: readonly ConsumerInfo[] | undefined;
  /** The oldest pending entries, a hundred at most. */
  readonly oldestPending: readonly PendingEntry[];
  /** Ids of some of those that are not in the stream any more. */
  readonly withoutEntry: readonly string[];
}

/** What waits for its time; undefined where nothing does. */
export interface WaitingFacts {
  /** Milliseconds since 1970. */
  readonly parkedDueAt: number | undefined;
  readonly delayedDueAt: number | undefined;
  /** How many delayed messages have their content and no due time. */
  readonly timeless: number;
}

/** Other keys of the database, from one look at some of them. */
export interface NeighbourFacts {
  /** How many names were looked at, ours left out. */
  readonly seen: number;
  /** All keys of the database were seen. */
  readonly all: boolean;
  readonly streams: readonly string[];
  /** How many others expire, of those whose type was asked for. */
  readonly expiring: number;
}

export interface LaterFacts {
  readonly now: number;
  readonly stream: StreamFacts | undefined;
  /** Parked messages of the queue's own group. */
  readonly parked: number | undefined;
  readonly groups: ReadonlyMap<string, LaterGroup>;
}

export interface LaterGroup extends GroupReading {
  readonly oldestPending: readonly PendingEntry[];
}
