import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { drain, Retry } from "../../src/index.ts";
import { inspect, type Page, type PendingOptions } from "../../src/inspect/index.ts";
import { groupKeys } from "../../src/redis/keys.ts";
import { inHand, openWorkbench, rejectAll } from "../conformance/workbench.ts";
import { connectRaw } from "../support/redis.ts";
import { type Looked, openTarget } from "./targets.ts";

/** All items of a view, page by page. */
async function collect<Item>(
  page: (after: string | undefined) => Promise<Page<Item>>,
): Promise<{ items: Item[]; pages: number }> {
  const items: Item[] = [];
  let next: string | undefined;
  let pages = 0;
  do {
    const read = await page(next);
    items.push(...read.items);
    next = read.next;
    pages += 1;
  } while (next !== undefined && pages < 100);
  return { items, pages };
}

const behind = (cursor: string | undefined) => (cursor === undefined ? {} : { after: cursor });
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

describe.each(["tcp", "rest"] as const)("a view over %s", (name) => {
  let looked: Looked;
  const redis = connectRaw();
  beforeAll(async () => {
    looked = await openTarget(name);
  });
  afterAll(async () => {
    redis.disconnect();
    await looked.close();
  });

  test("of a queue that never was is empty", async () => {
    const view = inspect(looked.queue());
    const nothing = { items: [], next: undefined };
    expect(await view.consumers()).toEqual(nothing);
    expect(await view.pending()).toEqual(nothing);
    expect(await view.entries()).toEqual(nothing);
    expect(await view.parked()).toEqual(nothing);
    expect(await view.delayed()).toEqual(nothing);
    expect(await view.journal()).toEqual(nothing);
  });

  test("of a stream that no pass has worked on shows its entries as ready", async () => {
    const queue = looked.queue();
    const { id } = await queue.send(1);
    const view = inspect(queue);
    expect((await view.consumers()).items).toEqual([]);
    expect((await view.pending()).items).toEqual([]);
    expect((await view.entries()).items).toMatchObject([{ id, state: "ready" }]);
    expect(await view.show(id)).toMatchObject({ where: "ready" });
  });

  test("of consumers tells whose they are and what they have", async () => {
    const { queue, send, claim, outside } = openWorkbench(looked.target);
    await send(1, 2, 3, 4);
    await claim("xd:a", 1);
    await outside.read("xdrain", "somebody", 2);
    const { items } = await inspect(queue).consumers();
    expect(items.map(({ name, kind, pending }) => [name, kind, pending])).toEqual([
      ["somebody", "foreign", 2],
      ["xd:a", "pass", 1],
      ["xd:suspects", "suspects", 0],
    ]);
    expect(items.every(({ idleMs }) => idleMs >= 0 && idleMs < 60_000)).toBe(true);
    const largest = await inspect(queue).consumers({ order: "pending", count: 1 });
    expect(largest).toMatchObject({ items: [{ name: "somebody" }], next: undefined });
    const paged = await collect((cursor) =>
      inspect(queue).consumers({ count: 1, ...behind(cursor) }),
    );
    expect(paged.pages).toBe(3);
    expect(paged.items.map(({ name }) => name)).toEqual(items.map(({ name }) => name));
  });

  test("of what is in flight tells owner, idle time and deliveries, and goes page by page", async () => {
    const { queue, port, send, claim, outside } = openWorkbench(looked.target);
    const ids = await send(...numbers(7));
    await outside.createGroup("xdrain", "0");
    await outside.read("xdrain", "somebody", 4);
    await claim("xd:a", 3);
    const old = ["IDLE", String(3_600_000), "JUSTID"];
    await redis.xclaim(port.stream, "xdrain", "somebody", 0, ...ids.slice(0, 4), ...old);
    const view = inspect(queue);
    const { items, pages } = await collect((cursor) =>
      view.pending({ count: 3, ...behind(cursor) }),
    );
    expect(pages).toBe(3);
    expect(items.map(({ id }) => id)).toEqual(ids);
    expect(items[0]).toMatchObject({ consumer: "somebody", deliveries: 1 });
    expect(items[0]?.idleMs).toBeGreaterThanOrEqual(3_600_000);
    const theirs = await view.pending({ consumer: "xd:a" });
    expect(theirs.items.map(({ id }) => id)).toEqual(ids.slice(4));
    const idle = await view.pending({ minIdleMs: 1_800_000 });
    expect(idle.items.map(({ id }) => id)).toEqual(ids.slice(0, 4));
  });

  test("of what is in flight keeps to a range of ids, both ends included, on every page", async () => {
    const { queue, port, send, outside } = openWorkbench(looked.target);
    await outside.createGroup("xdrain", "0");
    for (const ms of [5, 6, 7, 8]) {
      for (const id of [`${ms}-0`, `${ms}-1`]) await redis.xadd(port.stream, id, "n", "1");
    }
    await send(1);
    await outside.read("xdrain", "somebody", 9);
    const view = inspect(queue);
    const shown = async (range: PendingOptions) =>
      (await collect((after) => view.pending({ count: 2, ...range, ...behind(after) }))).items
        .map(({ id }) => id)
        .join(" ");
    expect(await shown({ start: "5-1", end: "6-1" })).toBe("5-1 6-0 6-1");
    expect(await shown({ start: "(5-1", end: "(6-1" })).toBe("6-0");
    expect(await shown({ start: "6", end: "7" })).toBe("6-0 6-1 7-0 7-1");
    expect(await shown({ start: "-", end: "5" })).toBe("5-0 5-1");
    expect(await shown({ start: "9", end: "+" })).toMatch(/^\d{13}-\d+$/);
    expect(await shown({ start: "7", end: "6" })).toBe("");
    expect(await shown({ start: "+", end: "-" })).toBe("");
    expect(await shown({ end: "5-1", minIdleMs: 1, consumer: "nobody" })).toBe("");
    const items = async (range: PendingOptions) => (await view.pending(range)).items;
    expect(await items({ start: "8", after: "5-0", end: "8-0" })).toMatchObject([{ id: "8-0" }]);
    expect(await items({ start: "5", after: "7-1", end: "8-0" })).toMatchObject([{ id: "8-0" }]);
  });

  test("of entries tells where each message is", async () => {
    const bench = openWorkbench(looked.target, { retention: { count: 1_000 } });
    const ids = await bench.send(...numbers(12));
    const { messages } = await bench.claim("xd:a", 4);
    const [one, two, ...held] = inHand(messages);
    await bench.turn("xd:a", {
      held,
      complete: one === undefined ? [] : [one],
      retry: two === undefined ? [] : [{ ...two, delayMs: 60_000 }],
    });
    const { items, next } = await inspect(bench.queue).entries();
    expect(next).toBe(undefined);
    expect(items.map(({ id }) => id)).toEqual(ids);
    expect(items.map(({ state }) => state)).toEqual([
      ...["done", "parked", "inFlight", "inFlight"],
      ...Array<string>(8).fill("ready"),
    ]);
    expect(items[3]).toMatchObject({ payload: "3", payloadIsCut: false, payloadLength: 1 });
    expect(items[3]?.addedAt).toEqual(new Date(Number(ids[3]?.split("-")[0])));
  });

  test("of entries goes page by page, forwards and backwards, and inside of bounds", async () => {
    const bench = openWorkbench(looked.target);
    const ids = await bench.send(...numbers(30));
    const view = inspect(bench.queue);
    const forwards = await collect((cursor) => view.entries({ count: 8, ...behind(cursor) }));
    expect(forwards.pages).toBe(4);
    expect(forwards.items.map(({ id }) => id)).toEqual(ids);
    const backwards = await collect((before) =>
      view.entries({ count: 8, reverse: true, ...(before === undefined ? {} : { before }) }),
    );
    expect(backwards.items.map(({ id }) => id)).toEqual(ids.toReversed());
    const last = await view.entries({ after: ids[26] ?? "", count: 5 });
    expect(last.items.map(({ id }) => id)).toEqual(ids.slice(27));
    expect(last.next).toBe(undefined);
    const between = await view.entries({ after: ids[2] ?? "", before: ids[12] ?? "" });
    expect(between.items.map(({ id }) => id)).toEqual(ids.slice(3, 12));
  });

  test("of entries shows payloads as they were written, cut to a bound", async () => {
    const { queue, send, outside } = openWorkbench(looked.target);
    await outside.add("xd:d", '{"big": 12345678901234567890}');
    await outside.add("user", "1001", "item", "iPhone 15");
    await outside.add("xd:v", "9", "xd:d", "1");
    await outside.add("xd:d", "{not json");
    await queue.send("with a key", { idempotencyKey: "k" });
    await send(`${"x".repeat(1_998)}😀😀`);
    const view = inspect(queue);
    const { items } = await view.entries();
    expect(items.map(({ payload }) => payload)).toEqual([
      '{"big": 12345678901234567890}',
      '{"user":"1001","item":"iPhone 15"}',
      "1",
      "{not json",
      '"with a key"',
      `"${"x".repeat(1_998)}`,
    ]);
    expect(items.map(({ problem }) => problem !== undefined)).toEqual([
      ...[false, false, true, true, false, false],
    ]);
    expect(items[4]).toMatchObject({ idempotencyKey: "k" });
    expect(items[5]).toMatchObject({ payloadIsCut: true, payloadLength: 2_004 });
    const whole = await view.entries({ payloadChars: 3_000, reverse: true, count: 1 });
    expect(whole.items[0]).toMatchObject({ payloadIsCut: false });
    expect(JSON.parse(whole.items[0]?.payload ?? "")).toBe(`${"x".repeat(1_998)}😀😀`);
  });

  test("of entries has fewer where payloads are large, and the next page goes on behind them", async () => {
    const { queue, send } = openWorkbench(looked.target);
    const ids: string[] = [];
    for (let i = 0; i < 12; i += 1) ids.push(...(await send("x".repeat(150_000))));
    const view = inspect(queue);
    const first = await view.entries();
    expect(first.items.length).toBe(6);
    const all = await collect((cursor) => view.entries(behind(cursor)));
    expect(all.items.map(({ id }) => id)).toEqual(ids);
  });

  test("of parked messages tells when they are due, without the marks of a pause and of a trim", async () => {
    const queue = looked.queue({ shared: true, backoff: { jitter: "none" } });
    const sent = await queue.sendBatch(numbers(7).map((payload) => ({ payload })));
    await drain(queue, ({ payload }) => {
      if (payload === 6) return;
      throw new Retry(Number(payload) < 3 ? "1 h" : "2 h");
    });
    await queue.pause();
    const { parked } = groupKeys(queue.resolved.storeQueue);
    expect(await redis.zcard(parked)).toBe(8); // six messages and both marks
    const view = inspect(queue);
    const { items, pages } = await collect((cursor) =>
      view.parked({ count: 2, ...behind(cursor) }),
    );
    expect(pages).toBe(3);
    expect(items.map(({ id }) => id)).toEqual(sent.slice(0, 6).map(({ id }) => id));
    expect(items.every(({ deliveries }) => deliveries === 1)).toBe(true);
    expect(items.some(({ mayHaveCrashed }) => mayHaveCrashed)).toBe(false);
    const at = (await queue.stats()).at.getTime();
    const dueIn = (n: number) => (items[n]?.dueAt.getTime() ?? 0) - at;
    expect(dueIn(0)).toBeGreaterThan(3_500_000);
    expect(dueIn(0)).toBeLessThanOrEqual(3_600_000);
    expect(dueIn(5)).toBeGreaterThan(7_100_000);
  });

  test("of parked messages goes on in the right place when the last one has left meanwhile", async () => {
    const queue = looked.queue();
    await queue.send(1);
    const { parked } = groupKeys(queue.resolved.storeQueue);
    const scores = numbers(6).map((n) => (1_700_000_000_000 + n) * 1024 + 1);
    for (const [n, score] of scores.entries()) await redis.zadd(parked, score, `${n}-0`);
    const view = inspect(queue);
    const { items, next } = await view.parked({ count: 3 });
    expect(items.map(({ id }) => id)).toEqual(["0-0", "1-0", "2-0"]);
    await redis.zrem(parked, "0-0", "2-0");
    const rest = await view.parked({ count: 3, ...behind(next) });
    expect(rest.items.map(({ id }) => id)).toEqual(["3-0", "4-0", "5-0"]);
  });

  test("of parked messages leaves none out when the last one was tried again meanwhile", async () => {
    const queue = looked.queue();
    await queue.send(1);
    const { parked } = groupKeys(queue.resolved.storeQueue);
    const score = (n: number) => (1_700_000_000_000 + n) * 1024 + 1;
    for (const n of numbers(6)) await redis.zadd(parked, score(n), `${n}-0`);
    const view = inspect(queue);
    const { next } = await view.parked({ count: 3 });
    await redis.zadd(parked, score(9), "2-0");
    const rest = await view.parked({ count: 5, ...behind(next) });
    expect(rest.items.map(({ id }) => id)).toEqual(["3-0", "4-0", "5-0", "2-0"]);
  });

  test("goes on behind entries, owners and records that have left meanwhile", async () => {
    const { queue, port, send, outside } = openWorkbench(looked.target);
    const ids = await send(...numbers(6));
    await outside.createGroup("xdrain", "0");
    for (const owner of ["a", "b", "c"]) await outside.read("xdrain", owner, 2);
    const { journal } = groupKeys(port);
    for (const n of [1, 2, 3]) await redis.xadd(journal, `${n}-0`, "stopped", "empty");
    const view = inspect(queue);
    const pages = {
      entries: (await view.entries({ count: 2 })).next,
      newest: (await view.entries({ count: 2, reverse: true })).next,
      pending: (await view.pending({ count: 2 })).next,
      consumers: (await view.consumers({ count: 1 })).next,
      journal: (await view.journal({ count: 2 })).next,
    };
    for (const id of ids.slice(0, 2)) await redis.xack(port.stream, "xdrain", id);
    await redis.xdel(port.stream, ids[1] ?? "", ids[4] ?? "");
    await redis.xgroup("DELCONSUMER", port.stream, "xdrain", "a");
    await redis.xdel(journal, "2-0");
    const shown = async (page: Promise<Page<{ readonly id: string }>>) =>
      (await page).items.map(({ id }) => id);
    expect(await shown(view.entries(behind(pages.entries)))).toEqual([2, 3, 5].map((n) => ids[n]));
    const before = pages.newest ?? "";
    expect(await shown(view.entries({ before, reverse: true }))).toEqual(
      [3, 2, 0].map((n) => ids[n]),
    );
    expect(await shown(view.pending(behind(pages.pending)))).toEqual(ids.slice(2));
    const owners = await view.consumers(behind(pages.consumers));
    expect(owners.items.map(({ name }) => name)).toEqual(["b", "c"]);
    expect(await shown(view.journal({ before: pages.journal ?? "" }))).toEqual(["1-0"]);
  });

  test("of delayed messages tells when they are due and what they hold", async () => {
    const queue = looked.queue();
    const tomorrow = Date.now() + 86_400_000;
    const sent = await queue.sendBatch(
      numbers(13).map((n) => ({ payload: { n, text: "ä😀" }, deliverAt: new Date(tomorrow + n) })),
    );
    const [first] = await queue.sendBatch([
      { payload: "x".repeat(3_000), deliverAt: new Date(tomorrow - 1), idempotencyKey: "k" },
    ]);
    const view = inspect(queue);
    const { items, pages } = await collect((cursor) =>
      view.delayed({ count: 5, ...behind(cursor) }),
    );
    expect(pages).toBe(3);
    expect(items.map(({ id }) => id)).toEqual([first, ...sent].map((one) => one?.id));
    expect(items[0]).toMatchObject({
      dueAt: new Date(tomorrow - 1),
      payloadIsCut: true,
      payloadLength: 3_002,
      idempotencyKey: "k",
    });
    expect(items[13]).toMatchObject({
      dueAt: new Date(tomorrow + 12),
      payload: '{"n":12,"text":"ä😀"}',
    });
  });

  test("of delayed messages has fewer where payloads are large, and goes on behind them", async () => {
    const queue = looked.queue();
    const ids: string[] = [];
    for (let i = 0; i < 12; i += 1) {
      ids.push((await queue.send("x".repeat(150_000), { delay: "1 h" })).id);
    }
    const view = inspect(queue);
    expect((await view.delayed()).items.length).toBe(6);
    const all = await collect((cursor) => view.delayed(behind(cursor)));
    expect(all.items.map(({ id }) => id)).toEqual(ids);
  });

  test("of a delayed message whose content is gone says so", async () => {
    const queue = looked.queue();
    await queue.send(1, { delay: "1 h" });
    await redis.del(groupKeys(queue.resolved.storeQueue).bodies);
    const { items } = await inspect(queue).delayed();
    expect(items).toMatchObject([{ payload: "", problem: "Its content is gone." }]);
  });

  test("of the journal shows what passes did, the newest first, and passes over what is no record", async () => {
    const queue = looked.queue();
    const { journal } = groupKeys(queue.resolved.storeQueue);
    await redis.xadd(journal, "1000-0", "stopped", "running", "ms", 5, "completed", 1);
    const outcomes = ["completed", 7, "retried", 2, "dead", 1, "released", 3];
    const cost = ["passes", 1, "requests", 2, "commands", 40, "duplicates", "many", "backlog", 99];
    const times = ["ran", 10, "ranMs", 500, "waited", 8, "waitedMs", 900];
    const all = [...outcomes, ...cost, ...times];
    await redis.xadd(journal, "2000-0", "stopped", "empty", "ms", 1234, ...all);
    await redis.xadd(journal, "4000-0", "other", "1");
    const view = inspect(queue);
    const { items } = await view.journal();
    expect(items).toEqual([
      {
        id: "2000-0",
        at: new Date(2000),
        stopped: "empty",
        elapsedMs: 1234,
        backlog: 99,
        ran: 10,
        ranMs: 500,
        waited: 8,
        waitedMs: 900,
        claimed: 13,
        completed: 7,
        retried: 2,
        dead: 1,
        duplicates: 0,
        deferred: 0,
        released: 3,
        lost: 0,
        uncertain: 0,
        reclaimed: 0,
        replayed: 0,
        lostPayloads: 0,
        trimmedUnread: 0,
        passes: 1,
        requests: 2,
        commands: 40,
      },
      expect.objectContaining({ id: "1000-0", stopped: "running", passes: 0 }),
    ]);
    const since = await view.journal({ since: new Date(1500) });
    expect(since.items.map(({ id }) => id)).toEqual(["2000-0"]);
    const paged = await collect((before) =>
      view.journal({ count: 1, ...(before === undefined ? {} : { before }) }),
    );
    expect(paged.items).toEqual(items);
  });

  test("of entries knows dead letters of theirs as done where completed entries stay", async () => {
    const bench = openWorkbench(looked.target, { shared: true });
    await bench.send(1, 2);
    const { messages } = await bench.claim("xd:a", 1);
    await bench.turn("xd:a", { dead: rejectAll(inHand(messages)) });
    const { items } = await inspect(bench.queue).entries();
    expect(items.map(({ state }) => state)).toEqual(["done", "ready"]);
  });
});
