import { StoreError } from "../../src/errors.ts";
import { randomId } from "../../src/random-id.ts";
import type { CallLimits, Store, StoreQueue, TurnPart, TurnRequest } from "../../src/store.ts";
import { type Awaitable, type Backend, NAMES, type Surroundings } from "./backend.ts";
import type { Counters } from "./counters.ts";
import { createDesk } from "./desk.ts";
import { checkApart } from "./invariants.ts";
import type { Ledger } from "./ledger.ts";
import { type Attempt, createNetwork, type Weather } from "./network.ts";
import type { Process, Scheduler } from "./scheduler.ts";

/** Where the calls of a world's processes are carried out. */
export type OpenBackend = (surroundings: Surroundings) => Awaitable<Backend>;

/** What a server is told and asked by its world. */
export interface Scene {
  readonly scheduler: Scheduler;
  readonly weather: Weather;
  /** One for each queue of the world. */
  readonly ledgers: readonly Ledger[];
  readonly counters: Counters;
  tell(text: () => string): void;
}

/** The server of a world: its contents, its clock, what can happen to it, and what must hold of it. */
export async function createServer(open: OpenBackend, scene: Scene) {
  const { scheduler, weather, counters, tell } = scene;
  let ahead = 0; // of true time, in milliseconds
  const now = () => scheduler.now() + ahead;
  const backend = await open({ now, isFull: () => scheduler.now() < weather.fullUntil });
  const call = createNetwork(scheduler, weather, now, counters);
  const desks = scene.ledgers.map((ledger, place) => {
    const names = NAMES[place] ?? NAMES[0];
    return createDesk({ backend, place: backend.place(names), ledger, counters, now, tell });
  });

  function deskOf({ stream }: Pick<StoreQueue, "stream">) {
    const desk = desks[NAMES.findIndex((names) => names.stream === stream)];
    if (desk === undefined) throw new Error(`There is no queue ${stream}.`);
    return desk;
  }

  async function turn(queue: StoreQueue, request: TurnRequest, attempt: Attempt) {
    counters.step();
    const look = await deskOf(queue).watch(queue, request, attempt);
    const reply = await backend.turn(queue, request, attempt);
    if (reply !== undefined) await look(reply);
    return reply;
  }

  async function turns(parts: readonly TurnPart[], attempt: Attempt) {
    counters.step();
    const looks = [];
    for (const { queue, request } of parts) {
      looks.push(await deskOf(queue).watch(queue, request, attempt));
    }
    const replies = await backend.turns(parts, attempt);
    if (replies === undefined) return undefined;
    checkApart(parts, replies);
    counters.count("step over several");
    for (const [place, { reply }] of replies.entries()) {
      if (reply === undefined) counters.count("passed over");
      else await looks[place]?.(reply);
    }
    return replies;
  }

  /** The store as one process sees it, through the network and by its own clock. */
  function storeFor(process: Process): Store {
    async function billed<Reply>(
      limits: CallLimits,
      run: (attempt: Attempt) => Awaitable<Reply | undefined>,
    ) {
      const { reply, requests } = await call(process, { limits, run });
      return { ...reply, bill: { requests, commands: 0 } };
    }
    return {
      ...scheduler.clockOf(process),
      async send(queue, request, limits) {
        const run = () => {
          counters.step();
          return deskOf(queue).send(queue, request);
        };
        const { reply, requests, unanswered } = await call(process, { limits, run });
        const { error } = reply;
        const bill = { requests, commands: 0 };
        if (error === undefined) return { ...reply, unanswered, bill };
        const uncertain = { requests, uncertain: unanswered };
        const full = new StoreError("store_full", error.message, uncertain);
        return { ...reply, unanswered, error: full, bill };
      },
      async cancel(queue, id, limits) {
        const requestId = randomId(scheduler.random);
        const run = async () => {
          counters.step();
          return { found: await deskOf(queue).cancel(queue, id, requestId) };
        };
        return (await call(process, { limits, run })).reply.found;
      },
      turn: (queue, request, limits) => billed(limits, (attempt) => turn(queue, request, attempt)),
      async turns(parts, limits) {
        const run = (attempt: Attempt) => turns(parts, attempt);
        const { reply, requests } = await call(process, { limits, run });
        return reply.map((part, index) => {
          const bill = { requests: index === 0 ? requests : 0, commands: 0 };
          return { ...part, reply: part.reply && { ...part.reply, bill } };
        });
      },
      trim: (queue, groups, limits) =>
        billed(limits, async () => {
          counters.step();
          const reply = await backend.trim(queue, groups);
          await deskOf(queue).check();
          return reply;
        }),
      repair: (queue, request, limits) =>
        billed(limits, async () => {
          counters.step();
          const reply = await backend.repair(queue, request);
          counters.count("repaired", reply.restored);
          if (request.decide === "discard") counters.count("discarded", reply.orphans?.count ?? 0);
          await deskOf(queue).check();
          return reply;
        }),
      stats: unused,
      readDeadLetters: unused,
      redrive: unused,
      removeDeadLetters: unused,
      result: unused,
      depth: unused,
      takeKick: unused,
      setPaused: unused,
      retire: unused,
      replay: unused,
      forgetDone: unused,
      importSlice: unused,
    };
  }

  return {
    storeFor,
    now,
    /** Each of the queues, in the order of their priority. */
    desks,
    jump(to: number) {
      ahead = to;
      for (const desk of desks) desk.jumped();
    },
    loseScripts: backend.loseScripts,
    /** From now on nothing reaches the replica; the function returned makes it the primary. */
    async stopReplication() {
      const promote = await backend.stopReplication();
      const restores = desks.map(({ ledger }) => ledger.remember());
      return async () => {
        await promote();
        for (const restore of restores) restore();
        for (const desk of desks) desk.forgot();
      };
    },
  };
}

function unused(): never {
  throw new Error("The simulation does not call this.");
}
