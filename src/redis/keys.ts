import type { StoreQueue } from "../store.ts";

// Every key that xdrain makes is built here. docs/design.md lists them with type, size and lifetime.

/** The keys of one consumer group; all are in the slot of its stream. */
export interface GroupKeys {
  readonly stream: string;
  /** Sorted set: messages that wait for their retry time. */
  readonly parked: string;
  /** Hash: the same messages with the same scores, to prove that they wait where the set gets lost. */
  readonly due: string;
  /** Hash: the sweep's cursor and gate, the lease and removal mode that passes agreed on. */
  readonly state: string;
  /** Stream: dead letters. */
  readonly dead: string;
  /** Sorted set: idempotency keys in progress and done. */
  readonly keys: string;
  /** Hash: the ids of the messages that have a key, where sends are deduplicated. */
  readonly ids: string;
  /** Hash: how many messages began in each hundredth of a limited rate's time. */
  readonly starts: string;
  /** Sorted set: the passes that are under way, where their number is limited. */
  readonly passes: string;
  /** String: somebody has kicked a moment ago. */
  readonly kicked: string;
  /** Hash: how many passes died with a message in hand. */
  readonly crashes: string;
  /** Hash: kept results. */
  readonly results: string;
  /** Hash: counters and histograms of all passes. */
  readonly stats: string;
  /** Stream: what the latest passes did. */
  readonly journal: string;
  /** Sorted set: delayed messages of the stream, by when they are due. */
  readonly delayed: string;
  /** Hash: their content. */
  readonly bodies: string;
  /** Hash: the entries of those that hold a key, until their group has read them. */
  readonly moved: string;
}

/** The part of a stream's name that Redis Cluster hashes; createQueue refuses names without one. */
export function hashTag(stream: string): string {
  const open = stream.indexOf("{");
  const close = open === -1 ? -1 : stream.indexOf("}", open + 1);
  return close > open + 1 ? stream.slice(open + 1, close) : stream;
}

export function groupKeys(
  queue: Pick<StoreQueue, "stream" | "group" | "deadLetterStream">,
): GroupKeys {
  const { stream, group } = queue;
  const key = (what: string) => groupKey(stream, group, what);
  return {
    stream,
    parked: key("parked"),
    due: key("due"),
    state: key("state"),
    dead: queue.deadLetterStream ?? key("dead"),
    keys: key("keys"),
    ids: key("ids"),
    kicked: key("kicked"),
    starts: key("starts"),
    passes: key("passes"),
    crashes: key("crashes"),
    results: key("results"),
    stats: key("stats"),
    journal: key("journal"),
    // Of the stream: whichever group's pass comes first adds them to it.
    delayed: groupKey(stream, "", "delayed"),
    bodies: groupKey(stream, "", "bodies"),
    moved: groupKey(stream, "", "moved"),
  };
}

/** What the trim's floor asks of several groups of a stream: the parked set, its records, the state. */
export function floorKeys(stream: string, groups: readonly string[]): string[] {
  return groups.flatMap((group) =>
    ["parked", "due", "state"].map((what) => groupKey(stream, group, what)),
  );
}

/** Remembers the ids that one send request made. */
export function sentKey(queue: StoreQueue, requestId: string): string {
  return groupKey(queue.stream, queue.group, `sent:${requestId}`);
}

function groupKey(stream: string, group: string, what: string): string {
  // A colon inside of a group's name would let two groups share a key.
  const safe = group.replaceAll("%", "%25").replaceAll(":", "%3A");
  return `{${hashTag(stream)}}:xd:${stream}:${safe}:${what}`;
}
