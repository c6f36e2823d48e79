import { randomId } from "../random-id.ts";
import type { CallLimits, Clock, Store, StoreQueue } from "../store.ts";
import { cancel } from "./cancel.ts";
import { readDeadLetters } from "./dead-letters.ts";
import { depth } from "./depth.ts";
import { carryOut, type FaultPlan, type StoreOperation } from "./faults.ts";
import { importSlice } from "./import-list.ts";
import { listOf } from "./lists.ts";
import {
  createMemory,
  deadLettersOf,
  type GroupTables,
  type Memory,
  streamOf,
  tablesOf,
} from "./memory.ts";
import { redrive } from "./redrive.ts";
import { repair } from "./repair.ts";
import { forgetDone, replayFrom } from "./replay-from.ts";
import { retire } from "./retire.ts";
import { recall, remember, send, takeKick } from "./send.ts";
import { readStats } from "./stats.ts";
import type { Stream } from "./stream.ts";
import { trim } from "./trim.ts";
import { takeTurn } from "./turn-end.ts";
import { takeTurns } from "./turns.ts";

/** A store in memory, for tests. */
export interface MemoryStore extends Store {
  /** A stream as other programs see it, to play a producer or a consumer of another make. */
  stream(name: string): Stream;
  /** A list as other programs see it, its left end first: what LPUSH adds goes in by unshift. */
  list(name: string): string[];
  /** What a queue keeps beside its stream: parked messages, idempotency keys, results. */
  tables(queue: StoreQueue): GroupTables;
  /** Everything that it holds. */
  readonly memory: Memory;
}

/** A store of its own, empty. */
export function createMemoryStore(clock: Clock): MemoryStore {
  return createStore(createMemory(clock), undefined);
}

/**
 * The same store behind a network that loses requests and responses as the plan says. Calls are
 * repeated as the store over Redis repeats them.
 *
 * @example
 * const flaky = faultyStore(store, ({ attempt }) => (attempt === 1 ? "response lost" : undefined));
 */
export function faultyStore(store: MemoryStore, plan: FaultPlan): MemoryStore {
  return createStore(store.memory, plan);
}

function createStore(memory: Memory, plan: FaultPlan | undefined): MemoryStore {
  const { clock } = memory;

  async function run<Reply>(
    operation: StoreOperation,
    limits: CallLimits,
    work: (attempt: number) => Reply,
  ): Promise<Reply> {
    return (await carryOut(clock, plan, { operation, limits, run: work })).reply;
  }

  /** The same for a reply that says what it cost. */
  async function billed<Reply>(...args: Parameters<typeof run<Reply>>) {
    const [operation, limits, work] = args;
    const { reply, requests } = await carryOut(clock, plan, { operation, limits, run: work });
    return { ...reply, bill: { requests, commands: 0 } };
  }

  return {
    memory,
    stream: (name) => streamOf(memory, name),
    list: (name) => listOf(memory, name),
    tables: (queue) => tablesOf(memory, queue.stream, queue.group),
    now: () => clock.now(),
    random: () => clock.random(),
    sleep: (ms, signal) => clock.sleep(ms, signal),

    async send(queue, request, limits) {
      const reply = await billed("send", limits, () => send(memory, queue, request));
      return { ...reply, unanswered: reply.bill.requests > 1 };
    },
    turn: (queue, request, limits) =>
      billed("turn", limits, (attempt) => takeTurn(memory, queue, request, attempt)),
    turns: (parts, limits) => run("turn", limits, (attempt) => takeTurns(memory, parts, attempt)),
    replay: (queue, position, limits) => {
      const requestId = randomId(() => clock.random(), position);
      return run("replay", limits, () => replayFrom(memory, queue, position, requestId));
    },
    forgetDone: (queue, position, limits) =>
      run("forgetDone", limits, () => forgetDone(memory, queue, position)),
    retire: (queue, limits) => {
      const requestId = randomId(() => clock.random());
      return run("retire", limits, () => retire(memory, queue, requestId));
    },
    setPaused: (queue, paused, limits) => {
      const requestId = randomId(() => clock.random(), String(paused));
      return run("setPaused", limits, () => {
        if (recall(memory, requestId) !== undefined) return;
        tablesOf(memory, queue.stream, queue.group).paused = paused;
        remember(memory, requestId, { ids: [] });
      });
    },
    takeKick: (queue, kick, limits) =>
      run("takeKick", limits, (attempt) => takeKick(memory, queue, kick) || attempt > 1),
    cancel: (queue, id, limits) => {
      const requestId = randomId(() => clock.random(), id);
      return run("cancel", limits, () => cancel(memory, queue, id, requestId));
    },
    trim: (queue, groups, limits) => billed("trim", limits, () => trim(memory, queue, groups)),
    repair: (queue, request, limits) => run("repair", limits, () => repair(memory, queue, request)),
    readDeadLetters: (queue, page, limits) =>
      run("readDeadLetters", limits, () => readDeadLetters(memory, queue, page)),
    redrive: (queue, ids, limits) => {
      const requestId = randomId(() => clock.random(), ids.join());
      return run("redrive", limits, () => redrive(memory, queue, ids, requestId));
    },
    removeDeadLetters: (queue, ids, limits) =>
      run("removeDeadLetters", limits, () => deadLettersOf(memory, queue).delete(ids)),
    result: (queue, name, limits) =>
      run("result", limits, () => {
        const result = tablesOf(memory, queue.stream, queue.group).results.get(name);
        return result === undefined ? undefined : { result };
      }),
    depth: (queue, limits) => run("depth", limits, () => depth(memory, queue)),
    stats: (queue, limits) => run("stats", limits, () => readStats(memory, queue)),
    importSlice: (queue, request, limits) => {
      const slice = importSlice(memory, queue, request);
      return billed("importSlice", limits, slice);
    },
  };
}
