import {
  copyMemory,
  createMemory,
  deadLettersOf,
  streamOf,
  tablesOf,
} from "../../src/memory/memory.ts";
import { repair } from "../../src/memory/repair.ts";
import { send as carryOutSend } from "../../src/memory/send.ts";
import { trim } from "../../src/memory/trim.ts";
import { takeTurn } from "../../src/memory/turn-end.ts";
import type { Delivery, Store, StoreQueue, TurnReply, TurnRequest } from "../../src/store.ts";
import type { Counters } from "./counters.ts";
import { checkEverything, checkHandedOut, checkLeases } from "./invariants.ts";
import type { Ledger } from "./ledger.ts";
import { createNetwork, type Weather } from "./network.ts";
import type { Process, Scheduler } from "./scheduler.ts";

export const STREAM = "orders";
export const GROUP = "xdrain";

/** The server of a world: its memory, its clock, and what can happen to it. */
export function createServer(
  scheduler: Scheduler,
  weather: Weather,
  ledger: Ledger,
  counters: Counters,
  tell: (text: () => string) => void,
) {
  let ahead = 0; // of true time, in milliseconds
  const now = () => scheduler.now() + ahead;
  const clock = { now, random: scheduler.random, sleep: () => Promise.resolve() };
  let memory = createMemory(clock);
  const call = createNetwork(scheduler, weather, now, counters);
  let history = { exact: true, jumped: false };

  const stream = () => streamOf(memory, STREAM);
  const tables = () => tablesOf(memory, STREAM, GROUP);
  let queueSeen: StoreQueue | undefined;

  function view() {
    const group = stream().groups.get(GROUP);
    const dead = queueSeen === undefined ? [] : deadLettersOf(memory, queueSeen).list();
    return { now: now(), stream: stream(), group, tables: tables(), dead };
  }

  function runTurn(queue: StoreQueue, request: TurnRequest, attempt: number): TurnReply {
    counters.step();
    queueSeen = queue;
    const before = new Map(
      stream()
        .groups.get(GROUP)
        ?.pending.list()
        .map((item) => [item.id, item]),
    );
    const owns = ({ id, delivery }: Delivery) => {
      const item = before.get(id);
      return item?.consumer === request.token && item.deliveries === delivery;
    };
    const owned = (list: readonly Delivery[]) => list.filter(owns).length;
    const reply = takeTurn(memory, queue, request, attempt);
    counters.count("complete", owned(request.complete));
    counters.count("retry", owned(request.retry));
    counters.count("dead", owned(request.dead) + reply.dead);
    counters.count("release", owned(request.release));
    counters.count("duplicate", reply.duplicates);
    counters.count("reclaim", reply.reclaimed);
    counters.count("replay", reply.kind === "replayed" ? reply.messages.length : 0);
    counters.count("fenced", reply.lost.length);

    tell(() => describeTurn(request, attempt, reply));
    const after = view();
    checkLeases(after, queue, before, request, reply, attempt);
    for (const { id, delivery, key } of request.complete) {
      const settled = after.group?.pending.get(id) === undefined && !after.tables.parked.has(id);
      if (key === "" || !owns({ id, delivery, key }) || !settled) continue;
      ledger.doneUntil.set(key, now() + queue.windowMs);
    }
    checkHandedOut(after, ledger, queue, reply);
    checkEverything(after, ledger, queue);
    return reply;
  }

  /** The store as one process sees it, through the network and by its own clock. */
  function storeFor(process: Process): Store {
    const billed = { requests: 0, commands: 0 };
    return {
      ...scheduler.clockOf(process),
      async send(queue, request, limits) {
        const run = () => {
          counters.step();
          queueSeen = queue;
          const addedBefore = stream().added;
          const reply = carryOutSend(memory, queue, request);
          tell(() => `send ${request.requestId} -> ${reply.ids}`);
          for (const entry of stream().list().slice(-request.entries.length)) {
            if (entry.ordinal <= addedBefore) continue;
            const at = entry.fields.indexOf("xd:d") + 1;
            ledger.stored(Number(entry.fields[at]), entry.id, entry.ordinal);
          }
          checkEverything(view(), ledger, queue);
          return reply;
        };
        const { reply, requests } = await call(process, { limits, freesMemory: false, run });
        return { ...reply, bill: { ...billed, requests } };
      },
      async turn(queue, request, limits) {
        const run = (attempt: number) => runTurn(queue, request, attempt);
        const { reply, requests } = await call(process, { limits, freesMemory: true, run });
        return { ...reply, bill: { ...billed, requests } };
      },
      async trim(queue, groups, limits) {
        const run = () => {
          counters.step();
          const reply = trim(memory, queue, groups);
          checkEverything(view(), ledger, queue);
          return reply;
        };
        const { reply, requests } = await call(process, { limits, freesMemory: true, run });
        return { ...reply, bill: { ...billed, requests } };
      },
      async repair(queue, cursor, limits) {
        const run = () => {
          counters.step();
          return repair(memory, queue, cursor);
        };
        return (await call(process, { limits, freesMemory: false, run })).reply;
      },
      readDeadLetters: unused,
      redrive: unused,
      removeDeadLetters: unused,
      result: unused,
      depth: unused,
    };
  }

  return {
    storeFor,
    view,
    now,
    get history() {
      return history;
    },
    /** Another program's group on the same stream. */
    makeGroup: (name: string) => stream().createGroup(name, "0-0"),
    otherGroup: (name: string) => stream().groups.get(name),
    jump(to: number) {
      ahead = to;
      history = { ...history, jumped: true };
    },
    loseGroup() {
      stream().groups.delete(GROUP);
      history = { ...history, exact: false };
    },
    /** From now on nothing reaches the replica; the function returned makes it the primary. */
    stopReplication() {
      const replica = copyMemory(memory);
      const restore = ledger.remember();
      return () => {
        memory = replica;
        restore();
        history = { ...history, exact: false };
      };
    },
  };
}

export type Server = ReturnType<typeof createServer>;
export type View = ReturnType<Server["view"]>;

function describeTurn(request: TurnRequest, attempt: number, reply: TurnReply): string {
  const ids = (list: readonly Pick<Delivery, "id" | "delivery">[]) =>
    list.map(({ id, delivery }) => `${id}/${delivery}`);
  const { complete, retry, dead, release, held, renew, final } = request;
  const asked = { complete, retry, dead, release, held };
  const lists = Object.entries(asked).filter(([, list]) => list.length > 0);
  const said = lists.map(([name, list]) => `${name} ${ids(list)}`);
  const flags = `${renew ? " renews" : ""}${final ? " final" : ""} attempt ${attempt}`;
  const lost = reply.lost.length > 0 ? `, lost ${reply.lost}` : "";
  return `turn of ${request.token}${flags}: ${said.join(", ")} -> ${reply.kind} ${ids(reply.messages)}${lost}`;
}

function unused(): never {
  throw new Error("The simulation does not call this.");
}
