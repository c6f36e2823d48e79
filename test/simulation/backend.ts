import type { Pending } from "../../src/memory/consumer-group.ts";
import type { KeyRecord, Parked } from "../../src/memory/memory.ts";
import type {
  PartReply,
  Repaired,
  RepairRequest,
  SendReply,
  SendRequest,
  StoreQueue,
  Trimmed,
  TurnPart,
  TurnReply,
  TurnRequest,
} from "../../src/store.ts";

/** What a queue is called. */
export interface Names {
  readonly stream: string;
  readonly group: string;
  readonly deadLetterStream: undefined;
}

/** The queue that every world is about, and the second one that some have. */
export const NAMES = [named("orders"), named("parcels")] as const;

function named(stream: string): Names {
  return { stream, group: "xdrain", deadLetterStream: undefined };
}

/** At once from memory, later from a server. */
export type Awaitable<Value> = Value | Promise<Value>;

/** What carries out the calls of the store: the model in memory, or the scripts on a redis-server. */
export interface Backend {
  /** Undefined where the request came too late, and did nothing. */
  turn(
    queue: StoreQueue,
    request: TurnRequest,
    attempt: { readonly number: number; readonly notAfter: number },
  ): Awaitable<TurnReply | undefined>;
  turns(
    parts: readonly TurnPart[],
    attempt: { readonly number: number; readonly notAfter: number },
  ): Awaitable<readonly PartReply[] | undefined>;
  send(queue: StoreQueue, request: SendRequest): Awaitable<Omit<SendReply, "unanswered">>;
  trim(queue: StoreQueue, groups: readonly string[]): Awaitable<Trimmed>;
  repair(queue: StoreQueue, request: RepairRequest): Awaitable<Repaired>;
  cancel(queue: StoreQueue, id: string, requestId: string): Awaitable<boolean>;

  place(names: Names): Place;

  loseScripts(): Awaitable<void>;
  /** From now on nothing reaches the replica; the function returned makes it the primary. */
  stopReplication(): Awaitable<() => Awaitable<void>>;
}

/** One queue as it is on the server, and what others do to it. */
export interface Place {
  /** All there is, as it is now. */
  view(): Awaitable<View>;

  setPaused(paused: boolean): Awaitable<void>;
  loseGroup(): Awaitable<void>;
  /** An eviction, or a mistaken DEL: the set of parked messages, or the records of them. */
  loseKey(which: "parked" | "due"): Awaitable<void>;
  /** Entries of a producer of another make; returns their ids. */
  addForeign(count: number): Awaitable<readonly string[]>;

  // Another program on the same stream, with a group of its own, or a consumer in the queue's.
  makeGroup(name: string): Awaitable<void>;
  readAs(name: string, count: number): Awaitable<void>;
  /** What it has read and not acknowledged. */
  pendingOf(name: string): Awaitable<readonly string[]>;
  ackAs(name: string, ids: readonly string[]): Awaitable<void>;
  /** It goes, with its group or its consumer. */
  leaveAs(name: string): Awaitable<void>;
}

/** The server has no memory left for this call. */
export class OutOfMemory extends Error {}

/** What a backend runs in: its server's time, and whether its memory is full. */
export interface Surroundings {
  now(): number;
  isFull(): boolean;
}

/** The stream and the tables beside it, as they are after one step. */
export interface View {
  readonly now: number;
  has(id: string): boolean;
  /** Ids of the stream's entries, in order. */
  entries(): readonly string[];
  readonly length: number;
  /** How many entries were ever added. */
  readonly added: number;
  readonly group: GroupView | undefined;
  /** Up to where each of the other groups has read. */
  readonly others: ReadonlyMap<string, string>;
  readonly parked: ReadonlyMap<string, Parked>;
  /** The records of the same messages. */
  readonly due: ReadonlyMap<string, Parked>;
  /** Whether the set and the records have their markers. */
  readonly markers: { readonly parked: boolean; readonly due: boolean };
  readonly keys: ReadonlyMap<string, KeyRecord>;
  /** The ids of the messages that have a key, where sends are deduplicated. */
  readonly ids: ReadonlyMap<string, string>;
  readonly crashes: ReadonlyMap<string, number>;
  /** When each delayed message is due, by the id that its sender knows. */
  readonly delayed: ReadonlyMap<string, number>;
  /** The entry that a delayed message has become. */
  entryOf(id: string): string | undefined;
  /** Ids under which the dead letters were sent. */
  readonly dead: ReadonlySet<string>;
  /** What passes have counted of themselves. */
  readonly stats: ReadonlyMap<string, string | number>;
}

export interface GroupView {
  readonly lastDelivered: string;
  readonly consumers: readonly string[];
  readonly pending: {
    get(id: string): Pending | undefined;
    has(id: string): boolean;
    list(): readonly Pending[];
  };
}
