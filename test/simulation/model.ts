import { cancel } from "../../src/memory/cancel.ts";
import {
  copyMemory,
  createMemory,
  type Delayed,
  deadLettersOf,
  delayedOf,
  streamOf,
  tablesOf,
} from "../../src/memory/memory.ts";
import { repair } from "../../src/memory/repair.ts";
import { send } from "../../src/memory/send.ts";
import { trim } from "../../src/memory/trim.ts";
import { takeTurn } from "../../src/memory/turn-end.ts";
import { type Backend, NAMES, OutOfMemory, type Surroundings, type View } from "./backend.ts";

/** The store in memory, that conformance holds to the scripts. Answers at once: a million steps a minute. */
export function createModel({ now, isFull }: Surroundings): Backend & { view(): View } {
  const clock = { now, random: () => 0, sleep: () => Promise.resolve() };
  let memory = createMemory(clock);
  let dead: { readonly length: number; readonly last: string | undefined; ids: Set<string> };

  const stream = () => streamOf(memory, NAMES.stream);

  function needMemory(): void {
    if (isFull()) throw new OutOfMemory();
  }

  /** Worked out anew only when there is another. */
  function idsOfDead(): ReadonlySet<string> {
    const { length, lastId: last } = deadLettersOf(memory, NAMES);
    if (dead === undefined || dead.length !== length || dead.last !== last) {
      const letters = deadLettersOf(memory, NAMES).list();
      const ids = letters.map(({ fields }) => fields[fields.indexOf("original_id") + 1] as string);
      dead = { length, last, ids: new Set(ids) };
    }
    return dead.ids;
  }

  return {
    turn(queue, request, { number, notAfter }) {
      return Math.floor(now()) > notAfter ? undefined : takeTurn(memory, queue, request, number);
    },
    send(queue, request) {
      needMemory();
      return send(memory, queue, request);
    },
    trim: (queue, groups) => trim(memory, queue, groups),
    cancel: (queue, id, requestId) => cancel(memory, queue, id, requestId),
    repair(queue, cursor) {
      needMemory();
      return repair(memory, queue, cursor);
    },

    view() {
      const { groups, length, added, get, list } = stream();
      const { parked, keys, ids, crashes } = tablesOf(memory, NAMES.stream, NAMES.group);
      const group = groups.get(NAMES.group);
      const others = [...groups].filter(([name]) => name !== NAMES.group);
      return {
        now: Math.floor(now()),
        has: (id) => get(id) !== undefined,
        entries: () => list().map(({ id }) => id),
        length,
        added,
        group: group && {
          lastDelivered: group.lastDelivered,
          consumers: [...group.consumers.keys()],
          pending: group.pending,
        },
        others: new Map(others.map(([name, { lastDelivered }]) => [name, lastDelivered])),
        parked,
        keys,
        ids,
        crashes,
        delayed: duesOf(delayedOf(memory, NAMES.stream)),
        entryOf: (id) =>
          list().find(({ fields: [name, value] }) => name === "xd:id" && value === id)?.id,
        dead: idsOfDead(),
      };
    },

    setPaused(paused) {
      tablesOf(memory, NAMES.stream, NAMES.group).paused = paused;
    },
    loseGroup: () => void stream().groups.delete(NAMES.group),
    loseScripts() {},
    stopReplication() {
      const replica = copyMemory(memory);
      return () => {
        memory = replica;
      };
    },

    makeGroup: (name) => void stream().createGroup(name, "0-0"),
    readAs: (name, count) => void stream().groups.get(name)?.read("auditor", count),
    pendingOf(name) {
      const pending = stream().groups.get(name)?.pending.list() ?? [];
      return pending.map(({ id }) => id);
    },
    ackAs: (name, ids) => void stream().groups.get(name)?.ack(ids),
  };
}

const NONE: ReadonlyMap<string, number> = new Map();

function duesOf(delayed: ReadonlyMap<string, Delayed>): ReadonlyMap<string, number> {
  if (delayed.size === 0) return NONE;
  return new Map([...delayed].map(([id, { due }]) => [id, due]));
}
