import { countIn, delayedId, fieldOf } from "./fields.ts";
import type { Outcome } from "./outcome.ts";
import type { ClaimedEntry, Completion, Delivery, Outcomes, StoreQueue, Waiting } from "./store.ts";

/** A message in the hand of a lane, until a turn has settled it. */
export interface Held extends Delivery {
  readonly entry: ClaimedEntry;
  /** The id that `send` returned: the entry's, but for a delayed message. */
  readonly messageId: string;
  /** How often the handler refused it before. */
  readonly failures: number;
  /** Aborts its handler. */
  readonly controller: AbortController;
  leasedAt: number;
  /** Suspects that came together have the same; of others it is 0. */
  readonly batch: number;
  state: "waiting" | "running" | "done";
  outcome: Outcome | undefined;
  /** Messages that wait for its key. */
  readonly waiting: Waiting[];
}

/** What a lane has in hand. */
export interface Hand {
  /** Takes in what a turn returned; an entry that is in hand already is not taken twice. */
  admit(entries: readonly ClaimedEntry[], leasedAt: number): void;
  /** The next message to start, oldest claim first; undefined when none waits. */
  next(startable: (held: Held) => boolean): Held | undefined;
  finish(held: Held, outcome: Outcome): void;
  /** A message waits for the key of another, which may be in this hand. */
  keepWaiting(message: Waiting): void;
  /** Takes the outcomes out, for a turn to settle; what waits goes back where `release` says so. */
  takeOutcomes(release: boolean): Outcomes;
  /** Everything that is not settled yet, as a turn renews it. */
  list(): readonly Held[];
  /** Forgets a message that is another pass's now, and aborts its handler. */
  drop(id: string, reason: unknown): void;
  readonly waiting: number;
  readonly running: number;
  /** Worked on, with outcomes that no turn has taken yet. */
  readonly done: number;
  /** Waiting or running. */
  readonly size: number;
}

/** The outcomes of a turn, by their kinds. */
type Settling = {
  readonly [Kind in Outcome["kind"]]: (Delivery & Extract<Outcome, { readonly kind: Kind }>)[];
} & { readonly waiting: Waiting[] };

export function createHand({ keyField, retryCountField }: StoreQueue): Hand {
  const held = new Map<string, Held>();
  let queue: Held[] = [];
  let running = 0;
  let done: Held[] = [];

  function leave(item: Held): void {
    if (item.state === "running") running -= 1;
    if (held.get(item.id) === item) held.delete(item.id);
  }

  return {
    admit(entries, leasedAt) {
      for (const entry of entries) {
        if (held.get(entry.id)?.delivery === entry.delivery) continue;
        const item: Held = {
          id: entry.id,
          delivery: entry.delivery,
          key: fieldOf(entry.fields, keyField) ?? "",
          entry,
          messageId: delayedId(entry.fields) ?? entry.id,
          crashed: entry.crashes > 0,
          failures:
            Math.max(0, entry.delivery - 1 - entry.crashes) +
            countIn(entry.fields, retryCountField),
          controller: new AbortController(),
          leasedAt,
          batch: entry.crashes > 0 ? leasedAt : 0,
          state: "waiting",
          outcome: undefined,
          waiting: [],
        };
        held.set(item.id, item);
        queue.push(item);
      }
    },

    next(startable) {
      const [first] = queue;
      if (first === undefined || !startable(first)) return undefined;
      queue.shift();
      first.state = "running";
      running += 1;
      return first;
    },

    finish(item, outcome) {
      if (item.state !== "running") return;
      leave(item);
      item.state = "done";
      item.outcome = outcome;
      done.push(item);
    },

    keepWaiting(message) {
      const hasKey = ({ key }: Held) => key === message.key;
      ([...held.values()].find(hasKey) ?? done.find(hasKey))?.waiting.push(message);
    },

    takeOutcomes(release) {
      const outcomes: Settling = { complete: [], retry: [], dead: [], release: [], waiting: [] };
      const settle = (item: Held, outcome: Outcome) => {
        const { id, messageId, delivery, key, crashed = false, leasedAt } = item;
        const list: Completion[] = outcomes[outcome.kind];
        outcomes.waiting.push(...item.waiting);
        list.push({ id, messageId, delivery, key, crashed, leasedAt, ...outcome });
      };
      for (const item of done) if (item.outcome !== undefined) settle(item, item.outcome);
      done = [];
      if (release) {
        for (const item of queue) {
          settle(item, { kind: "release", delayMs: 0, error: "" });
          item.state = "done";
          leave(item);
        }
        queue = [];
      }
      return outcomes;
    },

    list: () => [...held.values()],

    drop(id, reason) {
      // It may have been finished while the turn was under way that lost it.
      done = done.filter((other) => other.id !== id);
      const item = held.get(id);
      if (item === undefined) return;
      leave(item);
      if (item.state === "waiting") queue = queue.filter((other) => other !== item);
      item.state = "done";
      item.controller.abort(reason);
    },

    get waiting() {
      return queue.length;
    },
    get running() {
      return running;
    },
    get done() {
      return done.length;
    },
    get size() {
      return held.size;
    },
  };
}
