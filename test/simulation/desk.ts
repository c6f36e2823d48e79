import type { Delivery, SendRequest, StoreQueue, TurnReply, TurnRequest } from "../../src/store.ts";
import type { Backend, Place } from "./backend.ts";
import type { Counters } from "./counters.ts";
import {
  checkCounters,
  checkEverything,
  checkHandedOut,
  checkKey,
  checkLeases,
  checkNotOver,
  checkThrottling,
  type Start,
} from "./invariants.ts";
import { type Ledger, Violation } from "./ledger.ts";
import type { Attempt } from "./network.ts";

/** What a desk works with. */
interface Office {
  readonly backend: Backend;
  readonly place: Place;
  readonly ledger: Ledger;
  readonly counters: Counters;
  /** The server's time. */
  now(): number;
  tell(text: () => string): void;
}

/** One queue of a server: lets calls through, and looks at what they have done. */
export function createDesk({ backend, place, ledger, counters, now, tell }: Office) {
  let paused = false;
  const starts: Start[] = []; // of handlers, as far as the server allowed them
  const underWayUntil = new Map<string, number>(); // passes, by their leases
  const lapsed = new Set<string>();
  const leases = new Map<string, number>(); // of tokens

  /** Its lease has run out once, so that others may have taken its place. */
  function hasLapsed(queue: StoreQueue, request: TurnRequest, reply: TurnReply): boolean {
    const { pass, renew, claim } = request;
    if ((underWayUntil.get(pass) ?? Infinity) <= now()) lapsed.add(pass);
    if (renew || (claim > 0 && reply.heldBack !== "passes")) {
      underWayUntil.set(pass, now() + queue.leaseMs);
    }
    return lapsed.has(pass);
  }

  const passOf = new Map<string, string>(); // of tokens under way that got nothing again
  const over = new Set<string>(); // passes that have left
  const counted = { completed: 0, lost: 0 };
  const carriedOut = new WeakMap<TurnRequest, number>(); // by which attempt
  let history = { exact: true, jumped: false };
  let differing = false;

  async function check(): Promise<void> {
    checkEverything(await place.view(), ledger);
  }

  function countOutcomes(
    request: TurnRequest,
    attempt: number,
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
    // Nobody can tell whether a copy comes again that was not sent again.
    const isCopy = carriedOut.get(request) === attempt;
    const told = request.journal?.totals.find(([name]) => name === "completed")?.[1] ?? 0;
    if (isCopy) counted.lost += Math.max(0, told);
    carriedOut.set(request, attempt);
    counted.completed += owned(request.complete);
    counted.lost += request.complete.length - owned(request.complete);
  }

  /** Suspects of one turn belong together, also when they come again. */
  function nameSuspects(token: string, { kind, messages }: TurnReply, isLate: boolean): void {
    if (kind === "replayed") return;
    const batch = Symbol(kind);
    for (const { id, delivery } of messages) {
      const fence = `${token}/${delivery}`;
      // What a late copy hands out comes to its pass whenever that asks again.
      if (kind === "suspects" && !isLate) ledger.byId(id)?.suspects.set(fence, batch);
      else ledger.byId(id)?.suspects.delete(fence);
    }
  }

  return {
    place,
    ledger,
    get history() {
      return history;
    },
    jumped() {
      history = { ...history, jumped: true };
    },
    forgot() {
      history = { ...history, exact: false };
    },
    /** The functions of this queue have different options. */
    differ() {
      differing = true;
    },
    async setPaused(to: boolean) {
      await place.setPaused(to);
      paused = to;
    },
    async loseGroup() {
      await place.loseGroup();
      history = { ...history, exact: false };
    },
    /** Loses one of the two keys that say what is parked, where the other one is whole. */
    async loseKey(which: "parked" | "due"): Promise<boolean> {
      const { parked, due, markers } = await place.view();
      if (markers.parked !== markers.due) return false;
      const [lost, whole] = which === "parked" ? [parked, due] : [due, parked];
      if (paused || lost.size === 0 || [...lost.keys()].some((id) => !whole.has(id))) return false;
      await place.loseKey(which);
      return true;
    },
    /** A consumer of another make does the work of some of the queue's messages. */
    async helpAs(name: string, count: number, isChosen: () => boolean) {
      if (count > 0) await place.readAs(name, count);
      const done = (await place.pendingOf(name)).filter(isChosen);
      for (const id of done) {
        const message = ledger.byId(id);
        if (message !== undefined) message.works += 1;
      }
      await place.ackAs(name, done);
      await check();
    },
    /** Another program reads some, and acknowledges those that it chooses. */
    async readAs(name: string, count: number, isChosen: () => boolean) {
      await place.readAs(name, count);
      await place.ackAs(name, (await place.pendingOf(name)).filter(isChosen));
    },
    check,

    async send(queue: StoreQueue, request: SendRequest) {
      const { added } = await place.view();
      const reply = await backend.send(queue, request);
      tell(() => `send ${request.requestId} -> ${reply.ids}`);
      if (reply.error !== undefined) counters.count("out of memory");
      const numbers = request.entries.map((fields) => Number(fields[fields.indexOf("xd:d") + 1]));
      const { exact, jumped } = history;
      const stored = reply.ids.filter((id, index) => {
        const message = ledger.at(numbers[index] as number);
        const isNew = message.sentId === undefined && !message.duplicate;
        if (queue.deduplicate && !differing && exact && !jumped && isNew) {
          checkKey(ledger, message, reply.duplicates.includes(index) ? id : undefined, now());
        }
        message.duplicate = reply.duplicates.includes(index);
        return !message.duplicate && ledger.stored(message.number, id);
      });
      counters.count("refused", reply.duplicates.length);
      const after = await place.view();
      const atOnce = stored.filter((id) => !id.startsWith("d")).length;
      if (after.added - added !== atOnce) {
        throw new Violation(`${after.added - added} entries are stored for ${atOnce} messages`);
      }
      checkEverything(after, ledger);
      return reply;
    },

    async cancel(queue: StoreQueue, id: string, requestId: string): Promise<boolean> {
      const found = await backend.cancel(queue, id, requestId);
      tell(() => `cancel ${id} -> ${found}`);
      const message = ledger.byId(id);
      if (found && message !== undefined) ledger.cancelled(message);
      if (found) counters.count("cancel");
      await check();
      return found;
    },

    /** Looks before a turn; the function returned looks after it. */
    async watch(queue: StoreQueue, request: TurnRequest, { number: attempt, isLate }: Attempt) {
      const view = await place.view();
      const pending = view.group?.pending.list() ?? [];
      const before = new Map(pending.map((item) => [item.id, item]));
      const delayed = view.delayed.size;
      const owns = ({ id, delivery }: Delivery) => {
        const item = before.get(id);
        return item?.consumer === request.token && item.deliveries === delivery;
      };
      return async (reply: TurnReply) => {
        countOutcomes(request, attempt, reply, owns);
        tell(() => describeTurn(queue.stream, request, attempt, reply));
        const after = await place.view();
        counters.count("promote", delayed - after.delayed.size);
        leases.set(request.token, queue.leaseMs);
        checkLeases(after, queue, before, request, reply, attempt, leases);
        for (const { id, delivery, key } of request.complete) {
          const settled = after.group?.pending.get(id) === undefined && !after.parked.has(id);
          if (key === "" || !owns({ id, delivery, key }) || !settled) continue;
          ledger.doneUntil.set(key, now() + queue.windowMs);
        }
        checkEverything(after, ledger);
        checkCounters(after, counted);
        // What comes again after a while was claimed when there were fewer.
        const isOver = over.has(request.pass); // and this a late copy
        if (reply.kind === "replayed" || isOver || hasLapsed(queue, request, reply)) {
          passOf.delete(request.token);
        } else passOf.set(request.token, request.pass);
        const isLast = request.final || (request.held.length === 0 && reply.messages.length === 0);
        if (request.leaving && isLast) {
          over.add(request.pass);
          for (const [token, pass] of passOf) if (pass === request.pass) passOf.delete(token);
        }
        if (history.exact && !history.jumped) {
          if (reply.kind !== "replayed")
            starts.push({ at: after.now, count: reply.messages.length });
          const limits = differing ? { ...queue, maxPasses: undefined } : queue;
          checkThrottling(after, limits, reply, { paused, starts, passOf });
        }
        checkHandedOut(after, ledger, queue, reply);
        if (history.exact) checkNotOver(ledger, reply);
        nameSuspects(request.token, reply, isLate);
      };
    },
  };
}

export type Desk = ReturnType<typeof createDesk>;

function describeTurn(
  stream: string,
  request: TurnRequest,
  attempt: number,
  reply: TurnReply,
): string {
  const ids = (list: readonly Pick<Delivery, "id" | "delivery">[]) =>
    list.map(({ id, delivery }) => `${id}/${delivery}`);
  const { complete, retry, dead, release, held, renew, final } = request;
  const asked = { complete, retry, dead, release, held };
  const lists = Object.entries(asked).filter(([, list]) => list.length > 0);
  const said = lists.map(([name, list]) => `${name} ${ids(list)}`);
  const flags = `${renew ? " renews" : ""}${final ? " final" : ""} attempt ${attempt}`;
  const lost = reply.lost.length > 0 ? `, lost ${reply.lost}` : "";
  return `turn of ${request.token} on ${stream}${flags}: ${said.join(", ")} -> ${reply.kind} ${ids(reply.messages)}${lost}`;
}
