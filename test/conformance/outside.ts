import type { Redis } from "ioredis";
import { groupKeys } from "../../src/redis/keys.ts";
import type { StoreQueue } from "../../src/store.ts";
import type { MemoryStore } from "../../src/testing.ts";

/** What programs that know nothing of the queue do to its stream, and what they see there. */
export interface Outside {
  add(...fields: string[]): Promise<string>;
  delete(...ids: string[]): Promise<unknown>;
  /** Removes all entries below this id. */
  trimBelow(id: string): Promise<unknown>;
  deleteStream(): Promise<unknown>;
  createGroup(name: string, from: "0" | "$"): Promise<unknown>;
  destroyGroup(name: string): Promise<unknown>;
  /** Reads new entries for a group; returns their ids. */
  read(group: string, consumer: string, count?: number): Promise<string[]>;
  ack(group: string, ...ids: string[]): Promise<unknown>;
  /** The consumers of the queue's group and how much each owns; the suspects' only with some. */
  consumers(): Promise<Record<string, number>>;
  makeConsumer(name: string): Promise<unknown>;
  ids(): Promise<string[]>;
  /** Entries of the dead-letter stream, as they are stored. */
  deadLetters(): Promise<string[][]>;
  addDeadLetter(...fields: string[]): Promise<string>;
  removeConsumer(name: string): Promise<unknown>;
  /** When each parked message is due. */
  dueTimes(): Promise<Record<string, number>>;
  /** Loses the set of parked messages, as an eviction would; or the records of them. */
  loseParked(): Promise<unknown>;
  loseRecords(): Promise<unknown>;
  /** Takes a parked message out of the set as a release does that keeps no records. */
  unparkWithoutRecord(id: string): Promise<unknown>;
  /** The same for what delayed messages hold. */
  loseBodies(): Promise<unknown>;
}

type RawEntry = [id: string, fields: string[]];

export function outsideRedis(redis: Redis, queue: StoreQueue): Outside {
  const { stream, group } = queue;
  const { dead, parked, due, bodies } = groupKeys(queue);
  const call = <Reply>(name: string, ...args: (string | number)[]) =>
    redis.call(name, ...args) as Promise<Reply>;
  return {
    add: (...fields) => call<string>("XADD", stream, "*", ...fields),
    delete: (...ids) => call("XDEL", stream, ...ids),
    trimBelow: (id) => call("XTRIM", stream, "MINID", id),
    deleteStream: () => call("DEL", stream),
    createGroup: (name, from) => call("XGROUP", "CREATE", stream, name, from, "MKSTREAM"),
    destroyGroup: (name) => call("XGROUP", "DESTROY", stream, name),
    async read(name, consumer, count = 1_000) {
      const args = ["GROUP", name, consumer, "COUNT", count, "STREAMS", stream, ">"];
      const reply = await call<[string, RawEntry[]][] | null>("XREADGROUP", ...args);
      return (reply?.[0]?.[1] ?? []).map(([id]) => id);
    },
    ack: (name, ...ids) => call("XACK", stream, name, ...ids),
    async consumers() {
      const reply = await call<unknown[][]>("XINFO", "CONSUMERS", stream, group);
      return owners(reply.map((flat) => [String(flat[1]), Number(flat[3])]));
    },
    makeConsumer: (name) => call("XGROUP", "CREATECONSUMER", stream, group, name),
    ids: async () => (await call<RawEntry[]>("XRANGE", stream, "-", "+")).map(([id]) => id),
    deadLetters: async () => (await call<RawEntry[]>("XRANGE", dead, "-", "+")).map(([, f]) => f),
    addDeadLetter: (...fields) => call<string>("XADD", dead, "*", ...fields),
    removeConsumer: (name) => call("XGROUP", "DELCONSUMER", stream, group, name),
    async dueTimes() {
      const list = await call<string[]>("ZRANGE", parked, 0, "-1", "WITHSCORES");
      const ids = list.filter((_, i) => i % 2 === 0);
      return Object.fromEntries(
        ids.map((id, i) => [id, Math.floor(Number(list[2 * i + 1]) / 1024)]),
      );
    },
    loseParked: () => call("DEL", parked),
    loseRecords: () => call("DEL", due),
    unparkWithoutRecord: (id) => call("ZREM", parked, id),
    loseBodies: () => call("DEL", bodies),
  };
}

/** The suspects' consumer is permanent; some servers make it before it owns anything. */
function owners(consumers: readonly [name: string, owned: number][]): Record<string, number> {
  return Object.fromEntries(consumers.filter(([name, n]) => n > 0 || name !== "xd:suspects"));
}

export function outsideMemory(store: MemoryStore, queue: StoreQueue): Outside {
  const stream = () => store.stream(queue.stream);
  const groupOf = (name: string) => {
    const group = stream().groups.get(name);
    if (group === undefined) throw new Error(`There is no group ${name}.`);
    return group;
  };
  const letters = () => store.stream(queue.deadLetterStream ?? "");
  return {
    add: async (...fields) => stream().add(fields),
    delete: async (...ids) => stream().delete(ids),
    trimBelow: async (id) => stream().trim(id),
    deleteStream: async () => store.memory.streams.delete(queue.stream),
    createGroup: async (name, from) =>
      stream().createGroup(name, from === "0" ? "0-0" : stream().lastId),
    destroyGroup: async (name) => stream().groups.delete(name),
    read: async (name, consumer, count = 1_000) =>
      groupOf(name)
        .read(consumer, count)
        .map(({ id }) => id),
    ack: async (name, ...ids) => groupOf(name).ack(ids),
    consumers: async () => {
      const { consumers } = groupOf(queue.group);
      return owners([...consumers].map(([name, { size }]) => [name, size]));
    },
    makeConsumer: async (name) => groupOf(queue.group).makeConsumer(name),
    ids: async () =>
      stream()
        .list()
        .map(({ id }) => id),
    deadLetters: async () =>
      letters()
        .list()
        .map(({ fields }) => [...fields]),
    addDeadLetter: async (...fields) => letters().add(fields),
    removeConsumer: async (name) => groupOf(queue.group).consumers.delete(name),
    async loseParked() {
      const tables = store.tables(queue);
      tables.parked.clear();
      tables.markers.parked = false;
      tables.paused = false; // its mark is in the set
    },
    async loseRecords() {
      const { due, markers } = store.tables(queue);
      due.clear();
      markers.due = false;
    },
    unparkWithoutRecord: async (id) => store.tables(queue).parked.delete(id),
    loseBodies: async () => store.memory.delayed.delete(queue.stream),
    dueTimes: async () =>
      Object.fromEntries([...store.tables(queue).parked].map(([id, { due }]) => [id, due])),
  };
}
