import { cancel } from "../../src/memory/cancel.ts";
import {
  copyMemory,
  createMemory,
  type Delayed,
  deadLettersOf,
  delayedOf,
  type Memory,
  streamOf,
  tablesOf,
  timeOf,
} from "../../src/memory/memory.ts";
import { repair } from "../../src/memory/repair.ts";
import { send } from "../../src/memory/send.ts";
import { trim } from "../../src/memory/trim.ts";
import { takeTurn } from "../../src/memory/turn-end.ts";
import { takeTurns } from "../../src/memory/turns.ts";
import {
  type Backend,
  type Names,
  OutOfMemory,
  type Place,
  type Surroundings,
  type View,
} from "./backend.ts";

/** The store in memory, that conformance holds to the scripts. Answers at once: a million steps a minute. */
export function createModel({ now, isFull }: Surroundings): Backend {
  const clock = { now, random: () => 0, sleep: () => Promise.resolve() };
  let memory = createMemory(clock);
  const isLate = ({ notAfter }: { readonly notAfter: number }) => Math.floor(now()) > notAfter;

  function needMemory(): void {
    if (isFull()) throw new OutOfMemory();
  }

  return {
    turn: (queue, request, attempt) =>
      isLate(attempt) ? undefined : takeTurn(memory, queue, request, attempt.number),
    turns: (parts, attempt) =>
      isLate(attempt) ? undefined : takeTurns(memory, parts, attempt.number),
    send(queue, request) {
      needMemory();
      return send(memory, queue, request);
    },
    trim: (queue, groups) => trim(memory, queue, groups),
    cancel: (queue, id, requestId) => cancel(memory, queue, id, requestId),
    repair(queue, request) {
      needMemory();
      return repair(memory, queue, request);
    },
    place: (names) => placeIn(() => memory, names),
    loseScripts() {},
    stopReplication() {
      const replica = copyMemory(memory);
      return () => {
        memory = replica;
      };
    },
  };
}

function placeIn(memory: () => Memory, names: Names): Place {
  let dead: { readonly length: number; readonly last: string | undefined; ids: Set<string> };
  const stream = () => streamOf(memory(), names.stream);
  const tables = () => tablesOf(memory(), names.stream, names.group);

  /** Worked out anew only when there is another. */
  function idsOfDead(): ReadonlySet<string> {
    const { length, lastId: last } = deadLettersOf(memory(), names);
    if (dead === undefined || dead.length !== length || dead.last !== last) {
      const letters = deadLettersOf(memory(), names).list();
      const ids = letters.map(({ fields }) => fields[fields.indexOf("original_id") + 1] as string);
      dead = { length, last, ids: new Set(ids) };
    }
    return dead.ids;
  }

  return {
    view(): View {
      const { groups, length, added, get, list } = stream();
      const { parked, due, markers, keys, ids, crashes, stats } = tables();
      const group = groups.get(names.group);
      const others = [...groups].filter(([name]) => name !== names.group);
      return {
        now: timeOf(memory()),
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
        due,
        markers: { ...markers },
        keys,
        ids,
        crashes,
        delayed: duesOf(delayedOf(memory(), names.stream)),
        entryOf: (id) =>
          list().find(({ fields: [name, value] }) => name === "xd:id" && value === id)?.id,
        dead: idsOfDead(),
        stats,
      };
    },

    setPaused(paused) {
      tables().paused = paused;
    },
    loseGroup: () => void stream().groups.delete(names.group),
    loseKey(which) {
      tables()[which].clear();
      tables().markers[which] = false;
    },
    addForeign: (count) => Array.from({ length: count }, () => stream().add(["foreign", "1"])),

    makeGroup: (name) => void stream().createGroup(name, "0-0"),
    readAs: (name, count) => void stream().groups.get(name)?.read("auditor", count),
    pendingOf(name) {
      const pending = stream().groups.get(name)?.consumers.get("auditor")?.list() ?? [];
      return pending.map(({ id }) => id);
    },
    leaveAs(name) {
      if (name === names.group) stream().groups.get(name)?.consumers.delete("auditor");
      else stream().groups.delete(name);
    },
    ackAs: (name, ids) => void stream().groups.get(name)?.ack(ids),
  };
}

const NONE: ReadonlyMap<string, number> = new Map();

function duesOf(delayed: ReadonlyMap<string, Delayed>): ReadonlyMap<string, number> {
  if (delayed.size === 0) return NONE;
  return new Map([...delayed].map(([id, { due }]) => [id, due]));
}
