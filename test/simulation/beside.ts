import { isDeepStrictEqual } from "node:util";
import type { PartReply } from "../../src/store.ts";
import { type Backend, NAMES, type Place, type Surroundings, type View } from "./backend.ts";
import { Violation } from "./ledger.ts";
import { createModel } from "./model.ts";

/**
 * The scripts with the model beside them: it carries out the same calls at the same times, and a
 * difference in a reply or in what is stored is a violation.
 */
export function besideModel(real: Backend, { now }: Pick<Surroundings, "now">): Backend {
  // Whether memory is full, the server decides: what it refuses does not get here.
  const model = createModel({ now, isFull: () => false });

  function same(what: string, given: unknown, expected: unknown): void {
    if (isDeepStrictEqual(given, expected)) return;
    const [script, memory] = differing(given, expected);
    throw new Violation(`${what} differ: ${script} by the script, ${memory} by the model`);
  }

  const pairs = new Map(
    NAMES.map((names) => [names, { real: real.place(names), model: model.place(names) }] as const),
  );

  async function sameView(after: string): Promise<void> {
    for (const place of pairs.values()) {
      const [given, expected] = [await place.real.view(), await place.model.view()];
      same(`the contents after ${after}`, contentsOf(given), contentsOf(expected));
    }
  }

  return {
    async turn(queue, request, attempt) {
      const reply = await real.turn(queue, request, attempt);
      const expected = await model.turn(queue, request, attempt);
      same("replies to a turn", withoutBill(reply), withoutBill(expected));
      await sameView("a turn");
      return reply;
    },
    async turns(parts, attempt) {
      const replies = await real.turns(parts, attempt);
      const expected = await model.turns(parts, attempt);
      same("replies to a turn", replies?.map(partWithoutBill), expected?.map(partWithoutBill));
      await sameView("a turn over several queues");
      return replies;
    },
    async send(queue, request) {
      const reply = await real.send(queue, request);
      if (reply.error !== undefined && reply.ids.length === 0) return reply;
      const expected = await model.send(queue, request);
      same("replies to a send", withoutBill(reply), withoutBill(expected));
      await sameView("a send");
      return reply;
    },
    async trim(queue, groups) {
      const reply = await real.trim(queue, groups);
      same("replies to a trim", withoutBill(reply), withoutBill(await model.trim(queue, groups)));
      await sameView("a trim");
      return reply;
    },
    async cancel(queue, id, requestId) {
      const found = await real.cancel(queue, id, requestId);
      same("replies to a cancel", found, await model.cancel(queue, id, requestId));
      await sameView("a cancel");
      return found;
    },
    async repair(queue, request) {
      const reply = await real.repair(queue, request);
      same("replies to a repair", reply, await model.repair(queue, request));
      await sameView("a repair");
      return reply;
    },

    place(names) {
      const places = pairs.get(names);
      if (places === undefined) throw new Error(`There is no ${names.stream}.`);
      return placeBeside(places, sameView);
    },
    loseScripts: real.loseScripts,
    async stopReplication() {
      const restores = [await real.stopReplication(), await model.stopReplication()];
      return async () => {
        for (const restore of restores) await restore();
        await sameView("a failover");
      };
    },
  };
}

function placeBeside(
  { real, model }: { readonly real: Place; readonly model: Place },
  sameView: (after: string) => Promise<void>,
): Place {
  async function both(what: string, work: (place: Place) => unknown): Promise<void> {
    await work(real);
    await work(model);
    await sameView(what);
  }

  return {
    view: real.view,
    async setPaused(paused) {
      await real.setPaused(paused);
      await model.setPaused(paused);
    },
    loseGroup: () => both("the loss of the group", (place) => place.loseGroup()),
    loseKey: (which) => both("the loss of a key", (place) => place.loseKey(which)),
    async addForeign(count) {
      const ids = await real.addForeign(count);
      await model.addForeign(count);
      await sameView("entries of others");
      return ids;
    },
    leaveAs: (name) => both("the end of another program", (place) => place.leaveAs(name)),
    makeGroup: (name) => both("a group's creation", (place) => place.makeGroup(name)),
    readAs: (name, count) => both("a read", (place) => place.readAs(name, count)),
    pendingOf: real.pendingOf,
    ackAs: (name, ids) => both("an acknowledgement", (place) => place.ackAs(name, ids)),
  };
}

function partWithoutBill({ claim, reply, error }: PartReply) {
  return { claim, reply: withoutBill(reply), error };
}

function withoutBill<Reply extends object>(reply: Reply | undefined) {
  return reply && { ...reply, bill: undefined, unanswered: undefined };
}

/** All that a view tells, in an order that does not depend on where it comes from. */
function contentsOf(view: View) {
  const {
    now,
    added,
    group,
    others,
    parked,
    due,
    markers,
    keys,
    ids,
    crashes,
    delayed,
    dead,
    stats,
  } = view;
  const sorted = (map: ReadonlyMap<string, unknown>) => Object.fromEntries([...map].sort());
  const isHeld = (key: string) => (keys.get(key)?.expiresAt ?? 0) < 0;
  // Held by a message that is not there any more, which is the same as free: the script drops some of these by chance.
  const isAbandoned = (key: string) => {
    const holder = ids.get(key)?.split(" ").at(-1) ?? "";
    const isThere = view.has(holder) || delayed.has(holder) || view.entryOf(holder) !== undefined;
    return isHeld(key) && !isThere;
  };
  return {
    entries: view.entries(),
    added,
    lastDelivered: group?.lastDelivered,
    consumers: group?.consumers.toSorted(),
    // Redis does not tell an idle time below zero, as after a clock went back.
    pending: group?.pending
      .list()
      .map((item) => ({ ...item, deliveredAt: Math.min(item.deliveredAt, now) })),
    others: sorted(others),
    parked: sorted(parked),
    due: sorted(due),
    markers,
    keys: sorted(without(keys, isAbandoned)),
    ids: sorted(without(ids, (key) => !isHeld(key) || isAbandoned(key))),
    crashes: sorted(crashes),
    delayed: sorted(delayed),
    dead: [...dead],
    stats: sorted(
      new Map([...stats].filter(isCompared).map(([name, value]) => [name, `${value}`])),
    ),
  };
}

function without<Value>(map: ReadonlyMap<string, Value>, isLeftOut: (key: string) => boolean) {
  return new Map([...map].filter(([key]) => !isLeftOut(key)));
}

/** The model has no commands, and sums of times that it does not round. */
function isCompared([name]: readonly [string, unknown]): boolean {
  return !["commands", "hs", "ws"].includes(name);
}

/** The first place at which two values differ, with what each has there. */
function differing(given: unknown, expected: unknown, path = ""): readonly [string, string] {
  if (isObject(given) && isObject(expected)) {
    const names = new Set([...Object.keys(given), ...Object.keys(expected)]);
    for (const name of names) {
      const [a, b] = [given[name], expected[name]];
      if (!isDeepStrictEqual(a, b)) return differing(a, b, `${path}.${name}`);
    }
  }
  return [`${path} = ${JSON.stringify(given)}`, JSON.stringify(expected) ?? "undefined"];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
