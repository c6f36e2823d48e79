import { StoreError } from "../../src/errors.ts";
import { randomId } from "../../src/random-id.ts";
import type {
  CallLimits,
  Delivery,
  SendRequest,
  Store,
  StoreQueue,
  TurnReply,
  TurnRequest,
} from "../../src/store.ts";
import type { Awaitable, Backend, Surroundings, View } from "./backend.ts";
import type { Counters } from "./counters.ts";
import {
  checkEverything,
  checkHandedOut,
  checkKey,
  checkLeases,
  checkThrottling,
  type Start,
} from "./invariants.ts";
import { type Ledger, Violation } from "./ledger.ts";
import { type Attempt, createNetwork, type Weather } from "./network.ts";
import type { Process, Scheduler } from "./scheduler.ts";

/** Where the calls of a world's processes are carried out. */
export type OpenBackend = (surroundings: Surroundings) => Awaitable<Backend>;

/** What a server is told and asked by its world. */
export interface Scene {
  readonly scheduler: Scheduler;
  readonly weather: Weather;
  readonly ledger: Ledger;
  readonly counters: Counters;
  tell(text: () => string): void;
}

/** The server of a world: its contents, its clock, what can happen to it, and what must hold of it. */
export async function createServer(open: OpenBackend, scene: Scene) {
  const { scheduler, weather, ledger, counters, tell } = scene;
  let ahead = 0; // of true time, in milliseconds
  const now = () => scheduler.now() + ahead;
  const backend = await open({ now, isFull: () => scheduler.now() < weather.fullUntil });
  const call = createNetwork(scheduler, weather, now, counters);
  let paused = false;
  const starts: Start[] = []; // of handlers, as far as the server allowed them
  const passOf = new Map<string, string>(); // of tokens under way that got nothing again
  let history = { exact: true, jumped: false };

  async function send(queue: StoreQueue, request: SendRequest) {
    counters.step();
    const { added } = await backend.view();
    const reply = await backend.send(queue, request);
    tell(() => `send ${request.requestId} -> ${reply.ids}`);
    if (reply.error !== undefined) counters.count("out of memory");
    const numbers = request.entries.map((fields) => Number(fields[fields.indexOf("xd:d") + 1]));
    const { exact, jumped } = history;
    const stored = reply.ids.filter((id, index) => {
      const message = ledger.at(numbers[index] as number);
      const isNew = message.sentId === undefined && !message.duplicate;
      if (queue.deduplicate && exact && !jumped && isNew) {
        checkKey(ledger, message, reply.duplicates.includes(index) ? id : undefined, now());
      }
      message.duplicate = reply.duplicates.includes(index);
      return !message.duplicate && ledger.stored(message.number, id);
    });
    counters.count("refused", reply.duplicates.length);
    const after = await backend.view();
    const atOnce = stored.filter((id) => !id.startsWith("d")).length;
    if (after.added - added !== atOnce) {
      throw new Violation(`${after.added - added} entries are stored for ${atOnce} messages`);
    }
    checkEverything(after, ledger);
    return reply;
  }

  async function cancel(queue: StoreQueue, id: string, requestId: string): Promise<boolean> {
    counters.step();
    const found = await backend.cancel(queue, id, requestId);
    tell(() => `cancel ${id} -> ${found}`);
    const message = ledger.byId(id);
    if (found && message !== undefined) ledger.cancelled(message);
    if (found) counters.count("cancel");
    checkEverything(await backend.view(), ledger);
    return found;
  }

  async function turn(queue: StoreQueue, request: TurnRequest, attempt: Attempt) {
    counters.step();
    const view = await backend.view();
    const pending = view.group?.pending.list() ?? [];
    const before = new Map(pending.map((item) => [item.id, item]));
    const delayed = view.delayed.size;
    const reply = await backend.turn(queue, request, attempt);
    if (reply === undefined) return undefined;
    const owns = ({ id, delivery }: Delivery) => {
      const item = before.get(id);
      return item?.consumer === request.token && item.deliveries === delivery;
    };
    countOutcomes(request, reply, owns);
    tell(() => describeTurn(request, attempt.number, reply));
    const after = await backend.view();
    counters.count("promote", delayed - after.delayed.size);
    checkLeases(after, queue, before, request, reply, attempt.number);
    for (const { id, delivery, key } of request.complete) {
      const settled = after.group?.pending.get(id) === undefined && !after.parked.has(id);
      if (key === "" || !owns({ id, delivery, key }) || !settled) continue;
      ledger.doneUntil.set(key, now() + queue.windowMs);
    }
    checkEverything(after, ledger);
    // What comes again after a while was claimed when there were fewer.
    if (reply.kind === "replayed") passOf.delete(request.token);
    else passOf.set(request.token, request.pass);
    const isLast = request.final || (request.held.length === 0 && reply.messages.length === 0);
    if (request.leaving && isLast) {
      for (const [token, pass] of passOf) if (pass === request.pass) passOf.delete(token);
    }
    if (history.exact && !history.jumped) {
      if (reply.kind !== "replayed") starts.push({ at: after.now, count: reply.messages.length });
      checkThrottling(after, queue, reply, { paused, starts, passOf });
    }
    checkHandedOut(after, ledger, queue, reply);
    return reply;
  }

  function countOutcomes(
    request: TurnRequest,
    reply: TurnReply,
    owns: (delivery: Delivery) => boolean,
  ): void {
    const owned = (list: readonly Delivery[]) => list.filter(owns).length;
    counters.count("complete", owned(request.complete));
    counters.count("retry", owned(request.retry));
    counters.count("dead", owned(request.dead) + reply.dead);
    counters.count("release", owned(request.release));
    counters.count("duplicate", reply.duplicates);
    counters.count("reclaim", reply.reclaimed);
    counters.count("replay", reply.kind === "replayed" ? reply.messages.length : 0);
    counters.count("fenced", reply.lost.length);
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
        const run = () => send(queue, request);
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
        const run = async () => ({ found: await cancel(queue, id, requestId) });
        return (await call(process, { limits, run })).reply.found;
      },
      turn: (queue, request, limits) => billed(limits, (attempt) => turn(queue, request, attempt)),
      trim: (queue, groups, limits) =>
        billed(limits, async () => {
          counters.step();
          const reply = await backend.trim(queue, groups);
          checkEverything(await backend.view(), ledger);
          return reply;
        }),
      repair: (queue, cursor, limits) =>
        billed(limits, () => {
          counters.step();
          return backend.repair(queue, cursor);
        }),
      turns: unused,
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
    view: (): Awaitable<View> => backend.view(),
    get history() {
      return history;
    },
    /** Another program's group on the same stream. */
    makeGroup: backend.makeGroup,
    /** That program reads some, and acknowledges those that it chooses. */
    async readAs(name: string, count: number, isChosen: () => boolean) {
      await backend.readAs(name, count);
      await backend.ackAs(name, (await backend.pendingOf(name)).filter(isChosen));
    },
    jump(to: number) {
      ahead = to;
      history = { ...history, jumped: true };
    },
    async setPaused(to: boolean) {
      await backend.setPaused(to);
      paused = to;
    },
    loseScripts: backend.loseScripts,
    async loseGroup() {
      await backend.loseGroup();
      history = { ...history, exact: false };
    },
    /** From now on nothing reaches the replica; the function returned makes it the primary. */
    async stopReplication() {
      const promote = await backend.stopReplication();
      const restore = ledger.remember();
      return async () => {
        await promote();
        restore();
        history = { ...history, exact: false };
      };
    },
  };
}

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
