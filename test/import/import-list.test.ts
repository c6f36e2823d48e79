import { describe, expect, test } from "vitest";
import { z } from "zod";
import { importList } from "../../src/import-list/index.ts";
import { createQueue, drain } from "../../src/index.ts";
import { uniqueName } from "../support/redis.ts";
import { openLists, orders, payloadsOf, TARGETS } from "./targets.ts";

describe.each(TARGETS)("importList over %s", (target) => {
  /** A queue, and two lists of names that nothing else uses. */
  async function open() {
    const name = uniqueName("import");
    const lists = await openLists(target);
    const queue = createQueue<unknown>({ name, store: lists.store });
    return { name, queue, list: `${name}:list`, backup: `${name}:backup`, ...lists };
  }

  test("moves the backup lists' items and then the list's, each the oldest first", async () => {
    const { queue, list, backup, push, items, entries } = await open();
    await push(list, ...orders(250, 3));
    await push(backup, ...orders(3));
    const report = await importList(queue, list, { backups: [backup] });
    expect(report).toMatchObject({
      queue: queue.name,
      moved: 253,
      lists: { [list]: 250, [backup]: 3 },
      refused: 0,
      refusals: [],
      stopped: "empty",
      more: false,
    });
    expect(payloadsOf(await entries(queue.name))).toEqual(orders(253).map((o) => JSON.parse(o)));
    expect([...(await items(list)), ...(await items(backup))]).toEqual([]);
  });

  test("makes messages that handlers get as if they had been sent", async () => {
    const { queue, list, push } = await open();
    await push(list, '{"order":1}', "plain text", "7", "null", "");
    await importList(queue, list);
    const seen: unknown[] = [];
    const report = await drain(queue, ({ payload }) => seen.push(payload));
    expect(seen).toEqual([{ order: 1 }, "plain text", 7, null, ""]);
    expect(report).toMatchObject({ completed: 5, dead: 0 });
  });

  test("stores the same fields as a send, and leaves JSON as it was written", async () => {
    const { name, queue, list, push, entries } = await open();
    await queue.send({ a: 1 }, { idempotencyKey: "k" });
    const odd = '{ "big": 12345678901234567890, "b": 1, "a": 2, "ü": "\\u00fc€😀" }';
    await push(list, '{"a":1}', odd);
    await importList(queue, list, { idempotencyKey: () => "k" });
    const [sent, moved, kept] = await entries(name);
    expect(moved).toEqual(sent);
    expect(kept).toEqual(["xd:k", "k", "xd:d", odd]);
  });

  test("an empty list, or none at all, is nothing to do", async () => {
    const { queue, list, backup } = await open();
    expect(await importList(queue, list, { backups: [backup] })).toMatchObject({
      moved: 0,
      lists: { [list]: 0, [backup]: 0 },
      stopped: "empty",
      more: false,
    });
    expect(await queue.depth()).toMatchObject({ entries: 0 });
  });

  test("items that are the same are as many messages", async () => {
    const { queue, list, push, entries } = await open();
    await push(list, ...Array<string>(130).fill('"same"'), '"other"', '"same"');
    expect(await importList(queue, list, { batch: 50 })).toMatchObject({ moved: 132 });
    expect(payloadsOf(await entries(queue.name)).filter((p) => p === "same")).toHaveLength(131);
  });

  test("stops at maxMessages and goes on where it stopped", async () => {
    const { queue, list, backup, push, items, entries } = await open();
    await push(backup, ...orders(5));
    await push(list, ...orders(20, 5));
    const options = { backups: [backup], maxMessages: 7 };
    const counts: unknown[] = [];
    for (let more = true; more; ) {
      const report = await importList(queue, list, options);
      counts.push([report.lists[backup], report.lists[list], report.stopped]);
      more = report.more;
      expect((await items(list)).length + (await entries(queue.name)).length).toBeGreaterThan(19);
    }
    expect(counts).toEqual([
      [5, 2, "messages"],
      [0, 7, "messages"],
      [0, 7, "messages"],
      [0, 4, "empty"],
    ]);
    expect(payloadsOf(await entries(queue.name))).toEqual(orders(25).map((o) => JSON.parse(o)));
  });

  test("stops at maxRequests, at the deadline, and when it is told to", async () => {
    const { queue, list, push, items } = await open();
    await push(list, ...orders(50));
    const few = await importList(queue, list, { batch: 2, maxRequests: 4 });
    expect(few).toMatchObject({ stopped: "requests", more: true });
    expect(few.requests).toBeLessThanOrEqual(4);
    expect(few.moved).toBeGreaterThan(0);
    const late = await importList(queue, list, { deadline: new Date(0) });
    expect(late).toMatchObject({ stopped: "deadline", more: true, moved: 0, requests: 0 });
    const aborted = await importList(queue, list, { signal: AbortSignal.abort() });
    expect(aborted).toMatchObject({ stopped: "aborted", more: true, moved: 0, requests: 0 });
    expect(await items(list)).toHaveLength(50 - few.moved);
  });

  test("reads from the left where producers push to the right", async () => {
    const { queue, list, pushRight, items, entries } = await open();
    await pushRight(list, ...orders(30), "[".repeat(3));
    const options = { oldest: "left", decode: "json", batch: 7 } as const;
    expect(await importList(queue, list, options)).toMatchObject({ moved: 30, refused: 1 });
    expect(payloadsOf(await entries(queue.name))).toEqual(orders(30).map((o) => JSON.parse(o)));
    expect(await items(`${list}:refused`)).toEqual(["[[["]);
  });

  test("what cannot be a message goes to a list beside it, as it was, and the rest goes on", async () => {
    const { name, store, list, push, items, entries } = await open();
    const queue = createQueue({
      name,
      store,
      schema: z.object({ n: z.number() }),
      maxPayload: 100,
    });
    const huge = JSON.stringify({ n: 2, text: "x".repeat(200) });
    await push(list, '{"n":1}', "no JSON: a secret", '{"n":"one"}', huge, '{"n":3}');
    const report = await importList(queue, list, { decode: "json" });
    expect(report).toMatchObject({ moved: 2, lists: { [list]: 2 }, refused: 3, stopped: "empty" });
    expect(report.refusals).toEqual([
      { list, reason: "It is not JSON.", bytes: 17 },
      { list, reason: expect.stringContaining("does not fit the schema"), bytes: 11 },
      {
        list,
        reason: `Expected a payload of at most 100 bytes, got ${huge.length}.`,
        bytes: huge.length,
      },
    ]);
    expect(await items(`${list}:refused`)).toEqual([huge, '{"n":"one"}', "no JSON: a secret"]);
    expect(payloadsOf(await entries(name))).toEqual([{ n: 1 }, { n: 3 }]);
  });

  test("stops once maxRefused items were set aside, so that a mistake does not reach all", async () => {
    const { queue, list, push, items, entries } = await open();
    await push(list, ...orders(40));
    const mistaken = await importList(queue, list, {
      maxRefused: 15,
      decode: () => {
        throw new Error("a typo");
      },
    });
    expect(mistaken).toMatchObject({ moved: 0, refused: 15, stopped: "refused", more: true });
    expect(await items(list)).toHaveLength(25);
    expect(await items(`${list}:refused`)).toEqual(orders(15).reverse());
    const rest = await importList(queue, `${list}:refused`);
    expect(rest).toMatchObject({ moved: 15, more: false });
    expect(payloadsOf(await entries(queue.name))).toEqual(orders(15).map((o) => JSON.parse(o)));
  });

  test("a function reads items and names their keys, so that work is not repeated", async () => {
    const { queue, list, push, entries } = await open();
    await push(list, "1|book", "2|pen", "1|book");
    const report = await importList(queue, list, {
      decode: async (item) => ({ id: item.split("|")[0], what: item.split("|")[1] }),
      idempotencyKey: (payload) => (payload as { id: string }).id,
    });
    expect(report).toMatchObject({ moved: 3, refused: 0 });
    expect((await entries(queue.name))[1]).toEqual([
      "xd:k",
      "2",
      "xd:d",
      '{"id":"2","what":"pen"}',
    ]);
    const drained = await drain(queue, () => {}, { batch: 1, prefetch: false });
    expect(drained).toMatchObject({ completed: 2, duplicates: 1 });
  });

  test("writes plain fields for a queue that does", async () => {
    const { name, store, list, push, entries } = await open();
    const queue = createQueue({ name, store, codec: "fields" });
    await push(list, '{"user_id":"1001","item":"iPhone 15"}', '{"user_id":1001}');
    await push(list, '{"user_id":null}');
    expect(await importList(queue, list)).toMatchObject({ moved: 2, refused: 1 });
    expect(await entries(name)).toEqual([
      ["user_id", "1001", "item", "iPhone 15"],
      ["user_id", "1001"],
    ]);
  });

  test("items whose keys or fields cannot be stored are set aside", async () => {
    const { name, store, queue, list, push } = await open();
    await push(list, '"a"');
    const long = await importList(queue, list, { idempotencyKey: () => "k".repeat(513) });
    expect(long.refusals).toMatchObject([{ reason: expect.stringContaining("`idempotencyKey`") }]);
    const wide = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`f${i}`, "v"]));
    await push(list, JSON.stringify(wide));
    const fields = createQueue({ name, store, codec: "fields" });
    const report = await importList(fields, list);
    expect(report.refusals).toMatchObject([{ reason: "Expected at most 389 fields, got 400." }]);
  });

  test("two imports at once, a worker and a producer: each item goes to one of them", async () => {
    const { queue, list, backup, push, take, items, entries } = await open();
    await push(list, ...orders(300));
    let taken = 0;
    let produced = 300;
    const worker = async () => {
      for (let i = 0; i < 60; i += 1) if ((await take(list, backup)) !== undefined) taken += 1;
    };
    const producer = async () => {
      for (; produced < 340; produced += 1) await push(list, ...orders(1, produced));
    };
    const importer = () => importList(queue, list, { batch: 10 });
    const [first, second] = await Promise.all([importer(), importer(), worker(), producer()]);
    const last = await importList(queue, list);
    expect(first.moved + second.moved + last.moved).toBe(produced - taken);
    const everywhere = [
      ...(await entries(queue.name)).map((fields) => fields[1]),
      ...(await items(backup)),
    ];
    expect(everywhere.sort()).toEqual(orders(produced).sort());
  });

  test("a queue that starts behind the last entry is not given what its group would never read", async () => {
    const { name, store, list, push, items } = await open();
    const queue = createQueue({ name, store, start: "$" });
    await push(list, ...orders(3));
    await expect(importList(queue, list)).rejects.toThrow(
      /Expected the group "xdrain" to be there/,
    );
    expect(await items(list)).toHaveLength(3);
    await drain(queue, () => {});
    expect(await importList(queue, list)).toMatchObject({ moved: 3 });
    expect(await drain(queue, () => {})).toMatchObject({ completed: 3 });
  });

  test("a queue that deduplicates does imported work of a key once, and takes the key from then on", async () => {
    const { name, store, list, push } = await open();
    const queue = createQueue({ name, store, deduplicate: true });
    await push(list, "1", "1", "2");
    await importList(queue, list, { idempotencyKey: (payload) => `order ${payload}` });
    const seen: unknown[] = [];
    const handler = ({ payload }: { payload: unknown }) => seen.push(payload);
    const report = await drain(queue, handler, { batch: 1, prefetch: false });
    expect(report).toMatchObject({ completed: 2, duplicates: 1, dead: 0 });
    expect(seen).toEqual([1, 2]);
    const again = await queue.send(1, { idempotencyKey: "order 1" });
    expect(again).toMatchObject({ duplicate: true });
  });

  test("a backlog limit refuses sends and no import: what waits already, waits", async () => {
    const { name, store, list, push, entries } = await open();
    const queue = createQueue({ name, store, maxBacklog: { messages: 3 } });
    await push(list, ...orders(5));
    expect(await importList(queue, list)).toMatchObject({ moved: 5 });
    await expect(queue.send({ order: 6 })).rejects.toMatchObject({ code: "queue_full" });
    expect(await entries(name)).toHaveLength(5);
  });
});
