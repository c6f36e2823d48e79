import { compareIds, idAfter } from "./entry-id.ts";
import { createIdMap, type IdMap } from "./id-map.ts";
import type { Entry, Stream } from "./stream.ts";

/** An entry that was handed out and not acknowledged. */
export interface Pending {
  readonly id: string;
  consumer: string;
  deliveredAt: number;
  deliveries: number;
}

export interface ClaimOptions {
  /** Takes only what was handed out so long ago; entries made by `force` are taken at once. */
  readonly minIdle: number;
  /** Makes a pending entry where there is none. */
  readonly force?: boolean;
  /** The delivery count to set; without it a claim counts one more. */
  readonly deliveries?: number | undefined;
  /** Leaves the delivery count as it is. */
  readonly justId?: boolean;
}

/** A consumer group as Redis keeps it: how far it has read, and its pending entries list. */
export interface ConsumerGroup {
  readonly lastDelivered: string;
  /** How many entries were added up to the last one it has read; undefined where Redis cannot tell. */
  readonly entriesRead: number | undefined;
  readonly pending: IdMap<Pending>;
  /** Each consumer's own part of the pending entries. */
  readonly consumers: Map<string, IdMap<Pending>>;
  /** As XGROUP CREATECONSUMER; a consumer is also made by what is handed to it. */
  makeConsumer(name: string): void;
  /** Hands new entries to a consumer, as XREADGROUP does. */
  read(consumer: string, count: number): Entry[];
  /** As XGROUP SETID: it reads on behind this id. */
  setPosition(id: string): void;
  /** As XACK: whoever calls it, whoever owns them. */
  ack(ids: readonly string[]): number;
  /** As XCLAIM: entries that are gone leave the pending list and are not returned. */
  claim(consumer: string, ids: readonly string[], options: ClaimOptions): Entry[];
  /** As XAUTOCLAIM of what nobody holds so long: the first that are gone leave the pending list. */
  dropGone(count: number): number;
  /** As XPENDING with IDLE: ids of what was handed out so long ago, from `cursor` on. */
  expired(minIdle: number, cursor: string, count: number): string[];
}

export function createConsumerGroup(
  stream: Pick<Stream, "get" | "list" | "added" | "length" | "lastId" | "lastDeleted">,
  now: () => number,
  from: string,
  original?: ConsumerGroup,
): ConsumerGroup {
  const pending = createIdMap<Pending>();
  const consumers = new Map<string, IdMap<Pending>>();
  let lastDelivered = from;
  let entriesRead = original?.entriesRead;
  for (const name of original?.consumers.keys() ?? []) consumerOf(name);
  for (const item of original?.pending.list() ?? []) put({ ...item });

  /** Zero takes all there are, also what a clock that went back has from the future. */
  function isIdle({ deliveredAt }: Pick<Pending, "deliveredAt">, minIdle: number): boolean {
    return minIdle === 0 || now() - deliveredAt >= minIdle;
  }

  /** As Redis works it out: for the first and the last entry, and not where one between is deleted. */
  function addedUpTo(id: string): number | undefined {
    if (id === stream.lastId) return stream.added;
    const first = stream.list(undefined, 1)[0]?.id;
    const certain = first === id && compareIds(stream.lastDeleted, id) < 0;
    return certain ? stream.added - stream.length + 1 : undefined;
  }

  function remove(id: string): boolean {
    const item = pending.get(id);
    if (item === undefined) return false;
    consumers.get(item.consumer)?.delete(id);
    return pending.delete(id);
  }

  function consumerOf(name: string): IdMap<Pending> {
    const own = consumers.get(name) ?? createIdMap<Pending>();
    consumers.set(name, own);
    return own;
  }

  /** Makes the entry pending for this consumer, from now on. */
  function hand(id: string, consumer: string, deliveries: number): void {
    remove(id);
    put({ id, consumer, deliveredAt: now(), deliveries });
  }

  function put(item: Pending): void {
    consumerOf(item.consumer).set(item.id, item);
    pending.set(item.id, item);
  }

  return {
    pending,
    consumers,
    get lastDelivered() {
      return lastDelivered;
    },
    get entriesRead() {
      return entriesRead;
    },

    makeConsumer: (name) => void consumerOf(name),

    read(consumer, count) {
      const entries = stream.list(idAfter(lastDelivered), count);
      for (const { id } of entries) {
        lastDelivered = id;
        const deletedAhead = compareIds(id, stream.lastDeleted) <= 0;
        entriesRead = entriesRead === undefined || deletedAhead ? addedUpTo(id) : entriesRead + 1;
        hand(id, consumer, 1);
      }
      return entries;
    },

    setPosition(id) {
      lastDelivered = id;
      entriesRead = undefined;
    },

    ack: (ids) => ids.filter((id) => remove(id)).length,

    claim(consumer, ids, { minIdle, force = false, deliveries, justId = false }) {
      const claimed: Entry[] = [];
      for (const id of ids) {
        const entry = stream.get(id);
        const item = pending.get(id);
        if (entry === undefined) {
          remove(id);
          continue;
        }
        if (item === undefined ? !force : !isIdle(item, minIdle)) continue;
        hand(id, consumer, deliveries ?? (item?.deliveries ?? 0) + (justId ? 0 : 1));
        claimed.push(entry);
      }
      return claimed;
    },

    dropGone(count) {
      // Redis looks at ten times the count.
      const front = pending
        .list(undefined, 10 * count)
        .filter(({ id }) => stream.get(id) === undefined);
      return front.slice(0, count).filter(({ id }) => remove(id)).length;
    },

    expired: (minIdle, cursor, count) =>
      pending
        .list(cursor)
        .filter((item) => isIdle(item, minIdle))
        .slice(0, count)
        .map(({ id }) => id),
  };
}
