import { expect, onTestFinished, test } from "vitest";
import { createQueue, drain, OptionError, type Store } from "../../src/index.ts";
import { inspect } from "../../src/inspect/index.ts";
import { upstash } from "../../src/redis/upstash.ts";
import { memoryStore } from "../../src/testing.ts";
import { READER, startGateway, TOKEN } from "../gateway/support.ts";
import { uniqueName } from "../support/redis.ts";

test("statistics and every view are had with a read-only token, which may do nothing else", async () => {
  const gateway = await startGateway();
  onTestFinished(() => gateway.close());
  const name = uniqueName();
  const queueWith = (token: string) =>
    createQueue({ name, store: upstash({ url: gateway.url, token }) });
  const queue = queueWith(TOKEN);
  const { id } = await queue.send(1);
  const later = await queue.send(2, { delay: "1 h" });
  await drain(queue, () => {
    throw new Error("later");
  });

  const looking = queueWith(READER);
  expect(await looking.stats()).toMatchObject({ parked: 1, delayed: 1 });
  expect(await looking.depth()).toMatchObject({ parked: 1, delayed: 1 });
  const view = inspect(looking);
  expect((await view.consumers()).items.length).toBe(1);
  expect((await view.pending()).items).toEqual([]);
  expect((await view.entries()).items).toMatchObject([{ id, state: "parked" }]);
  expect((await view.parked()).items).toMatchObject([{ id }]);
  expect((await view.delayed()).items).toMatchObject([{ id: later.id }]);
  await view.journal();
  expect(await view.show(id)).toMatchObject({ where: "parked" });
  expect(await view.show(later.id)).toMatchObject({ where: "delayed" });
  expect(await view.show("1-0")).toMatchObject({ where: "gone" });
  await expect(looking.pause()).rejects.toMatchObject({ code: "store_unauthorized" });
  await expect(looking.send(1)).rejects.toMatchObject({ cause: { code: "store_unauthorized" } });
});

test("a token that nobody knows is refused as what it is", async () => {
  const gateway = await startGateway();
  onTestFinished(() => gateway.close());
  const store = upstash({ url: gateway.url, token: "unknown" });
  const queue = createQueue({ name: uniqueName(), store });
  await expect(queue.stats()).rejects.toMatchObject({ code: "store_unauthorized", requests: 1 });
  const refusal = { code: "store_unauthorized", requests: 1 };
  await expect(inspect(queue).pending()).rejects.toMatchObject(refusal);
});

test("a key of another type under the stream's name is an error, not an empty queue", async () => {
  const gateway = await startGateway();
  onTestFinished(() => gateway.close());
  const store = upstash({ url: gateway.url, token: TOKEN });
  const queue = createQueue({ name: uniqueName(), store });
  await store.read?.([["SET", queue.name, "1"]], {});
  await expect(queue.stats()).rejects.toMatchObject({ code: "store_wrong_type" });
  await expect(inspect(queue).entries()).rejects.toMatchObject({ code: "store_wrong_type" });
});

test("statistics go without the memory of the stream where the server does not tell it", async () => {
  const gateway = await startGateway({ refuse: ["MEMORY USAGE"] });
  onTestFinished(() => gateway.close());
  const store = upstash({ url: gateway.url, token: TOKEN });
  const queue = createQueue({ name: uniqueName(), store });
  await queue.send(1);
  expect(await queue.stats()).toMatchObject({ ready: 1, bytes: undefined });
});

test("a queue in memory is refused, with a word on what shows its insides", () => {
  const queue = createQueue({ name: "orders", store: memoryStore() });
  expect(() => inspect(queue)).toThrow(OptionError);
  expect(() => inspect(queue)).toThrow(/whose store is over Redis.*`stream` and `tables`/);
});

test("what cannot be asked is refused before any request", async () => {
  const read: Store["read"] = () => expect.fail("It was asked.");
  const queue = createQueue({ name: "orders", store: { ...memoryStore(), read } });
  const view = inspect(queue);
  const refused: (() => Promise<unknown>)[] = [
    () => view.entries({ count: 0 }),
    () => view.entries({ count: 501 }),
    () => view.entries({ after: "abc" }),
    () => view.entries({ reversed: true } as object),
    () => view.entries({ payloadChars: -1 }),
    () => view.pending({ minIdleMs: 1.5 }),
    () => view.pending({ consumer: "" }),
    () => view.pending({ start: "abc" }),
    () => view.pending({ start: "(5" }),
    () => view.pending({ end: "5-" }),
    () => view.pending({ end: "" }),
    () => view.consumers({ order: "pending", after: "a" }),
    () => view.consumers({ order: "size" as "name" }),
    () => view.parked({ after: "1-0" }),
    () => view.delayed({ after: "/" }),
    () => view.journal({ since: new Date("never") }),
    () => view.journal({ before: "-" }),
    () => view.show(""),
    () => view.show("key:1"),
    () => view.show("d12"),
    () => view.show("1-0", { chars: 5 } as object),
  ];
  for (const ask of refused) await expect(ask()).rejects.toThrow(OptionError);
});
