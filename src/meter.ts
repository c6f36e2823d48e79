import type { ResolvedDrain } from "./drain-options.ts";
import type { Tally } from "./report.ts";
import { HANDLER_SECONDS, OUTCOMES, WAITING_SECONDS } from "./statistics.ts";
import type { Amount, Journal, TurnReply, TurnRequest } from "./store.ts";

/**
 * Passes that are longer tell of themselves so often, for charts of what happens now; and those that look
 * again and again for messages leave their time so often.
 */
const TELL_MS = 30_000;

/** Of a token behind its "xd:": so much tells the lanes apart that told in the last minutes. */
const LANE_LENGTH = 12;

/** What the turn itself comes upon: its script adds that. */
const FOUND = [
  "duplicates",
  "deferred",
  "dead",
  "reclaimed",
  "lostPayloads",
  "trimmedUnread",
] as const satisfies readonly (keyof Tally & keyof TurnReply)[];

/** Counts, for the statistics of one queue, what a pass has done and not told of yet. */
export interface Meter {
  /** A handler ran so long. */
  ran(ms: number): void;
  /** A message had waited so long when it was handed out first. */
  waited(ms: number): void;
  /** What a turn may write down; undefined where there is nothing to say. */
  tell(turn: Telling): Journal | undefined;
  /** The turn is over: what it did not write down, or where it was not taken, is told again. */
  told(journal: Journal, outcomes: Settled, reply: TurnReply | undefined): void;
}

export interface Telling {
  readonly token: string;
  readonly now: number;
  /** Requests of the pass, this one included. */
  readonly requests: number;
  readonly outcomes: Settled;
  /** The turn may end the pass: it has nothing in hand. */
  readonly mayEnd: boolean;
  /** Why the pass ends, where it is known to. */
  readonly reason: string;
}

/** What a turn settles, which a tally has once its reply has come. */
type Settled = Pick<TurnRequest, "complete" | "retry" | "dead" | "release">;

type Sums = Map<string, number>;

/** How many handlers ran and how long, how many messages had waited and how long: for the journal. */
const SHOWN = ["ran", "ranMs", "waited", "waitedMs"] as const;
const nothingShown = () => ({ ran: 0, ranMs: 0, waited: 0, waitedMs: 0 });

function amountOf(amounts: readonly Amount[], name: string): number {
  return amounts.find(([given]) => given === name)?.[1] ?? 0;
}

export function createMeter(tally: Tally, { startedAt }: Pick<ResolvedDrain, "startedAt">): Meter {
  const known: Sums = new Map(); // what was told of the tally
  let times: Sums = new Map();
  let shown = nothingShown();
  let turns = 0;
  let toldAt = startedAt;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let isCounted = false; // the pass itself

  function observe(prefix: "h" | "w", bounds: readonly number[], ms: number): void {
    const [count, sum] =
      prefix === "h" ? (["ran", "ranMs"] as const) : (["waited", "waitedMs"] as const);
    shown[count] += 1;
    shown[sum] += ms;
    const place = bounds.findIndex((bound) => ms <= bound * 1_000);
    const bucket = `${prefix}${place === -1 ? bounds.length : place}`;
    times.set(bucket, (times.get(bucket) ?? 0) + 1);
    times.set(`${prefix}s`, (times.get(`${prefix}s`) ?? 0) + ms);
  }

  function add(to: Sums, amounts: readonly Amount[], sign: 1 | -1): void {
    for (const [name, amount] of amounts) to.set(name, (to.get(name) ?? 0) + sign * amount);
  }

  /** What was done and not told, with the outcomes of the turn as if none of them were lost. */
  function untold(soon: Sums): Amount[] {
    const amounts = OUTCOMES.map(
      (name): Amount => [name, tally[name] + (soon.get(name) ?? 0) - (known.get(name) ?? 0)],
    );
    // What was told too much is taken off what comes: a counter that goes back looks like a new one.
    return amounts.filter(([, amount]) => amount > 0);
  }

  /** Other lanes tell while a turn is under way, and know nothing of its outcomes. */
  function remember({ totals, overhead }: Journal, outcomes: Settled, sign: 1 | -1): void {
    add(known, [...totals, ...overhead.slice(1)], sign);
    add(known, [...sumsOf(outcomes)], sign === 1 ? -1 : 1);
  }

  return {
    ran: (ms) => observe("h", HANDLER_SECONDS, Math.max(0, ms)),
    waited: (ms) => observe("w", WAITING_SECONDS, Math.max(0, ms)),

    tell({ token, now, requests, outcomes, mayEnd, reason }) {
      const isLate = now - toldAt >= TELL_MS;
      if (!mayEnd && !isLate) return undefined;
      const totals = untold(sumsOf(outcomes));
      if (totals.length === 0 && reason === "" && now - lookedAt < TELL_MS) return undefined;
      const journal: Journal = {
        when: mayEnd && !isLate ? "ending" : "now",
        turn: `${token.slice(3, 3 + LANE_LENGTH)}/${++turns}`,
        reason,
        shown: [["ms", now - startedAt], ...Object.entries(shown)],
        totals,
        overhead: [
          ["passes", isCounted ? 0 : 1],
          ["requests", requests - (known.get("requests") ?? 0)],
          ["commands", tally.commands - (known.get("commands") ?? 0)],
        ],
        times: [...times],
      };
      remember(journal, outcomes, 1);
      times = new Map();
      shown = nothingShown();
      isCounted = true;
      return journal;
    },

    told(journal, outcomes, reply) {
      const { totals, overhead, times: given, shown: before } = journal;
      const isFirst = overhead[0]?.[1] === 1;
      if (reply?.journaled !== true) {
        if (isFirst) isCounted = false;
        remember(journal, outcomes, -1);
        add(times, given, 1);
        for (const name of SHOWN) shown[name] += amountOf(before, name);
        return;
      }
      const found = FOUND.map((name): Amount => [name, reply[name]]);
      add(known, [...found, ...sumsOf(outcomes)], 1);
      lookedAt = startedAt + amountOf(before, "ms");
      if (totals.length === 0 && found.every(([, amount]) => amount === 0)) {
        if (isFirst) isCounted = false;
        add(known, overhead.slice(1), -1);
        return;
      }
      toldAt = lookedAt;
      add(known, [["commands", reply.bill.commands]], 1);
    },
  };
}

function sumsOf({ complete, retry, dead, release }: Settled): Sums {
  return new Map([
    ["completed", complete.length],
    ["retried", retry.length],
    ["dead", dead.length],
    ["released", release.length],
  ]);
}
