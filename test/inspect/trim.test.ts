import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createQueue, OptionError, type QueueOptions, type Store } from "../../src/index.ts";
import { trim } from "../../src/inspect/index.ts";
import type { ScriptRunner } from "../../src/redis/store.ts";
import { memoryStore } from "../../src/testing.ts";
import {
  idsOf,
  inHand,
  later,
  newToken,
  openWorkbench,
  type Workbench,
} from "../conformance/workbench.ts";
import { EMPTY } from "../support/depth.ts";
import { type Looked, openTarget } from "./targets.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

async function complete(bench: Workbench, count = 100): Promise<void> {
  const pass = newToken();
  const { messages, found } = await bench.claim(pass, count);
  await bench.turn(pass, { complete: inHand(messages), found });
}

describe.each(["tcp", "rest"] as const)("a trim over %s", (name) => {
  let looked: Looked;
  beforeAll(async () => {
    looked = await openTarget(name);
  });
  afterAll(() => looked.close());

  /** A shared stream, where completed entries wait for a trim. */
  const openShared = (options: Partial<QueueOptions> = {}) =>
    openWorkbench(looked.target, { shared: true, ...options });

  test("removes what every group has done, and says which group holds what is left", async () => {
    const bench = openShared();
    const { queue, outside, port } = bench;
    const ids = await bench.send("a", "b", "c", "d");
    await outside.createGroup("audit", "0");
    await complete(bench, 3);
    const unread = { reason: "unread", group: "audit", id: expect.any(String) };
    expect(await trim(queue)).toEqual({ removed: 0, left: 4, heldBy: unread });
    await outside.read("audit", "reader", 2);
    const inFlight = { reason: "inFlight", group: "audit", id: ids[0] };
    expect(await trim(queue)).toEqual({ removed: 0, left: 4, heldBy: inFlight });
    await outside.ack("audit", ids[0] as string);
    await outside.read("audit", "reader");
    expect(await trim(queue)).toMatchObject({ removed: 1, left: 3, heldBy: { id: ids[1] } });
    await outside.ack("audit", ...ids);
    const own = { reason: "unread", group: port.group, id: expect.any(String) };
    expect(await trim(queue)).toEqual({ removed: 2, left: 1, heldBy: own });
    expect(await outside.ids()).toEqual(ids.slice(3));
    await complete(bench);
    expect(await trim(queue)).toEqual({ removed: 1, left: 0, heldBy: undefined });
    expect(await trim(queue)).toEqual({ removed: 0, left: 0, heldBy: undefined });
  });

  test("leaves what waits for a retry, and all behind it", async () => {
    const bench = openShared();
    const ids = await bench.send(1, 2, 3);
    const pass = newToken();
    const [a, b, c] = inHand((await bench.claim(pass)).messages);
    if (!a || !b || !c) throw new Error("Three messages were expected.");
    await bench.turn(pass, { complete: [a, c], retry: later([b], 60_000) });
    const heldBy = { reason: "parked", group: bench.port.group, id: ids[1] };
    expect(await trim(bench.queue, { keep: { count: 0 } })).toEqual({
      removed: 1,
      left: 2,
      heldBy,
    });
    expect(await bench.outside.ids()).toEqual(ids.slice(1));
  });

  test("keeps the newest entries up to a count, of all that are there", async () => {
    const bench = openShared();
    const ids = await bench.send(...numbers(10));
    await complete(bench, 8);
    const kept = { reason: "keep", group: undefined, id: undefined };
    const trimTo = (count: number) => trim(bench.queue, { keep: { count } });
    expect(await trimTo(10)).toEqual({ removed: 0, left: 10, heldBy: kept });
    expect(await trimTo(4)).toEqual({ removed: 6, left: 4, heldBy: kept });
    expect(await bench.outside.ids()).toEqual(ids.slice(6));
    expect(await trimTo(1)).toMatchObject({ removed: 2, left: 2, heldBy: { reason: "unread" } });
    expect(idsOf(await bench.claim(newToken()))).toEqual(ids.slice(8));
  });

  test("keeps completed entries that are younger than an age", async () => {
    const bench = openShared();
    await bench.send(1, 2, 3);
    await complete(bench, 2);
    const heldBy = { reason: "keep", group: undefined, id: expect.any(String) };
    const day = await trim(bench.queue, { keep: { age: "1 d" } });
    expect(day).toEqual({ removed: 0, left: 3, heldBy });
    await looked.target.pass(10);
    const older = await trim(bench.queue, { keep: { age: 5 } });
    expect(older).toMatchObject({ removed: 2, left: 1, heldBy: { reason: "unread" } });
  });

  test("keeps what the queue's retention says, unless it is told otherwise", async () => {
    const bench = openWorkbench(looked.target, { retention: { count: 3 } });
    await bench.send(...numbers(5));
    await complete(bench);
    expect(await trim(bench.queue)).toMatchObject({ removed: 2, left: 3 });
    expect(await trim(bench.queue, { keep: { count: 1 } })).toMatchObject({ removed: 2, left: 1 });
    expect(await trim(bench.queue, { keep: { count: 0 } })).toMatchObject({ removed: 1, left: 0 });
  });

  test("removes nothing of a queue that deletes what is done, and changes nothing there", async () => {
    const bench = openWorkbench(looked.target);
    await bench.send(1, 2, 3);
    await complete(bench, 1);
    await bench.claim(newToken(), 1);
    const heldBy = { reason: "inFlight", group: bench.port.group };
    expect(await trim(bench.queue)).toMatchObject({ removed: 0, left: 2, heldBy });
    await complete(bench);
    expect(await bench.turn(newToken())).toMatchObject({ found: { keep: false } });
    const unused = openWorkbench(looked.target);
    expect(await trim(unused.queue)).toEqual({ removed: 0, left: 0, heldBy: undefined });
    expect(await unused.queue.depth()).toEqual(EMPTY);
  });

  test("never takes messages that the loss of the parked set made invisible for completed ones", async () => {
    const bench = openWorkbench(looked.target);
    const ids = await bench.send("a", "b");
    const pass = newToken();
    const held = inHand((await bench.claim(pass)).messages);
    await bench.turn(pass, { retry: later(held) });
    await bench.outside.loseParked();
    await looked.target.pass(5);
    const heldBy = { reason: "orphans", group: bench.port.group, id: undefined };
    const nothing = { removed: 0, left: 2, heldBy };
    for (const approximate of [true, false]) {
      expect(await trim(bench.queue, { approximate })).toEqual(nothing);
      const keepNone = { keep: { count: 0 }, approximate };
      expect(await trim(bench.queue, keepNone)).toEqual(nothing);
      expect(await trim(bench.queue, { keep: { age: 1 }, approximate })).toMatchObject(nothing);
    }
    expect(await bench.queue.repair()).toMatchObject({ repaired: 2 });
    expect(await trim(bench.queue)).toMatchObject({ removed: 0, heldBy: { reason: "parked" } });
    expect(idsOf(await bench.claim(newToken())).sort()).toEqual([...ids].sort());
  });

  test("removes nothing while the queue's own group has not begun", async () => {
    const bench = openShared();
    const ids = await bench.send("a", "b");
    await bench.outside.createGroup("audit", "0");
    await bench.outside.read("audit", "reader");
    await bench.outside.ack("audit", ...ids);
    const heldBy = { reason: "unread", group: bench.port.group, id: undefined };
    expect(await trim(bench.queue)).toEqual({ removed: 0, left: 2, heldBy });
    expect(idsOf(await bench.claim(newToken()))).toEqual(ids);
  });

  test("takes care of a group that appears meanwhile, and gives up where more and more do", async () => {
    const bench = openShared();
    const { outside } = bench;
    const store = bench.store as Store & ScriptRunner;
    const ids = await bench.send("a", "b");
    await complete(bench);
    let groups = 0;
    let most = 2;
    const busy: typeof store = {
      ...store,
      async runScript(...args) {
        if (groups < most) {
          groups += 1;
          await outside.createGroup(`late-${groups}`, "0");
        }
        return store.runScript(...args);
      },
    };
    const queue = createQueue({ name: bench.queue.name, store: busy, shared: true });
    const heldBy = { reason: "unread", group: "late-1" };
    expect(await trim(queue)).toMatchObject({ removed: 0, left: 2, heldBy });
    most = Number.POSITIVE_INFINITY;
    const gaveUp = { reason: "groups", group: undefined, id: undefined };
    expect((await trim(queue)).heldBy).toEqual(gaveUp);
    expect(groups).toBe(12); // ten more
    expect(await outside.ids()).toEqual(ids);
  });

  test("removes whole nodes where that is enough, so that about a hundred entries more may stay", async () => {
    const bench = openShared();
    await bench.send(...numbers(350));
    await complete(bench, 250);
    const near = await trim(bench.queue, { approximate: true });
    expect(near.heldBy).toMatchObject({ reason: "unread" });
    expect(near.left).toBeGreaterThanOrEqual(100);
    expect(near.left).toBeLessThan(100 + 128);
    expect(near.removed + near.left).toBe(350);
    expect(await trim(bench.queue)).toMatchObject({ left: 100 });

    await complete(bench, 100);
    const kept = await trim(bench.queue, { approximate: true, keep: { count: 99 } });
    expect(kept.heldBy).toEqual({ reason: "keep", group: undefined, id: undefined });
    expect(kept.left).toBeGreaterThanOrEqual(99);
    expect(await trim(bench.queue, { keep: { count: 99 } })).toMatchObject({ left: 99 });
  });

  test("refuses what it does not know before it asks the store", async () => {
    const { name } = openWorkbench(looked.target).queue;
    const store = { ...looked.target.store, runScript: () => expect.fail("It was asked.") };
    const queue = createQueue({ name, store });
    const wrong: unknown[] = [
      { kept: { count: 1 } },
      { keep: {} },
      { keep: { count: 1, age: "1 h" } },
      { keep: { count: -1 } },
      { keep: { age: "never" } },
      { approximate: "yes" },
      null,
    ];
    for (const options of wrong) {
      await expect(trim(queue, options as object)).rejects.toThrow(OptionError);
    }
  });
});

test("a queue in memory is refused", async () => {
  const queue = createQueue({ name: "orders", store: memoryStore() });
  await expect(trim(queue)).rejects.toThrow(OptionError);
  await expect(trim(queue)).rejects.toThrow(/whose store is over Redis.*runs no scripts/);
});
