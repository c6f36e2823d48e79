import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import {
  createQueue,
  drain,
  type PayloadError,
  type Queue,
  type StandardSchema,
} from "../../src/index.ts";
import { otherProgram } from "../interop/foreign.ts";
import { uniqueName } from "../support/redis.ts";
import { tcpStore } from "../support/stores.ts";

// What producers send is checked before it is stored; what arrives is checked again, since other
// programs produce too, and the handler receives what the schema made of it.

interface Incoming {
  orderId: string;
  total: string;
}
interface Order {
  orderId: string;
  total: number;
}

/** The same order in three libraries: `total` is sent as text and handled as a number. */
const makers = {
  zod: () => {
    const schema = z.object({
      orderId: z.string().min(1),
      total: z.string().transform((text) => Number(text)),
    });
    return createQueue({ name: uniqueName("zod"), store: tcpStore(), schema });
  },
  valibot: () => {
    const schema = v.object({
      orderId: v.pipe(v.string(), v.minLength(1)),
      total: v.pipe(
        v.string(),
        v.transform((text) => Number(text)),
      ),
    });
    return createQueue({ name: uniqueName("valibot"), store: tcpStore(), schema });
  },
  arktype: () => {
    const schema = type({
      orderId: "string > 0",
      total: type("string").pipe((text) => Number(text)),
    });
    return createQueue({ name: uniqueName("arktype"), store: tcpStore(), schema });
  },
} satisfies Record<string, () => Queue<Incoming, Order>>;

test("each library's schema types what is sent and what is handled", () => {
  for (const make of Object.values(makers)) {
    expectTypeOf<Parameters<ReturnType<typeof make>["send"]>[0]>().toEqualTypeOf<Incoming>();
  }
  const queue = makers.zod();
  expectTypeOf(drain<Incoming, Order>).toBeCallableWith(queue, (message) => {
    expectTypeOf(message.payload).toEqualTypeOf<Order>();
  });
});

describe.each(Object.entries(makers))("with %s", (_library, make) => {
  test("the handler receives what the schema made of the payload", async () => {
    const queue: Queue<Incoming, Order> = make();
    await queue.send({ orderId: "o1", total: "19.50" });
    const seen: Order[] = [];
    expect(await drain(queue, (message) => seen.push(message.payload))).toMatchObject({
      completed: 1,
    });
    expect(seen).toEqual([{ orderId: "o1", total: 19.5 }]);
  });

  test("what does not fit is not sent, and its issues are told", async () => {
    const queue = make();
    const wrong = { orderId: 7, total: "1" } as unknown as Incoming;
    const error = await queue
      .sendBatch([{ payload: { orderId: "o1", total: "1" } }, { payload: wrong }])
      .then(() => expect.fail("It was sent."))
      .catch((reason: PayloadError) => reason);
    expect(error).toMatchObject({ name: "PayloadError", code: "invalid_payload" });
    expect(error.message).toMatch(/does not fit the schema: .*orderId.*string/);
    expect((await queue.depth()).entries).toBe(0);
  });

  test("what arrives and does not fit is a dead letter with its issues, and the pass goes on", async () => {
    const queue = make();
    const redis = otherProgram();
    await queue.send({ orderId: "o1", total: "1" });
    await redis.xadd(queue.name, "*", "orderId", "", "total", "2");
    await redis.xadd(queue.name, "*", "item", "iPhone 15");
    await redis.xadd(queue.name, "*", "xd:d", "{not JSON");
    await redis.xadd(queue.name, "*", "orderId", "o4", "total", "4");
    const seen: Order[] = [];
    const failures: unknown[] = [];
    const report = await drain(queue, (message) => seen.push(message.payload), {
      onError: (error, { outcome }) => failures.push([(error as PayloadError).code, outcome]),
    });
    expect(report).toMatchObject({ stopped: "empty", completed: 2, dead: 3, retried: 0 });
    expect(seen).toEqual([
      { orderId: "o1", total: 1 },
      { orderId: "o4", total: 4 },
    ]);
    expect(failures).toEqual(Array(3).fill(["invalid_payload", "dead"]));

    const idOf = (letter: { readonly originalId: string | undefined }) => letter.originalId ?? "";
    const dead = [...(await queue.deadLetters.list())];
    dead.sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
    expect(dead.map(({ reason, failures: times }) => [reason, times])).toEqual(
      Array(3).fill(["invalid", 1]),
    );
    expect(dead[0]?.error).toMatch(/^PayloadError: .*orderId/);
    expect(dead[1]?.error).toMatch(/orderId.*total/s);
    expect(dead[2]?.error).toMatch(/is not JSON/);
    expect(dead.map(({ payload }) => payload)).toEqual([
      { orderId: "", total: "2" },
      { item: "iPhone 15" },
      undefined,
    ]);
  });
});

test("an asynchronous schema is awaited, on sending and on receiving", async () => {
  const known = new Set(["o1"]);
  const schema = z.object({
    orderId: z.string().refine(async (id) => known.has(id), "unknown order"),
  });
  const queue = createQueue({ name: uniqueName(), store: tcpStore(), schema });
  await expect(queue.send({ orderId: "o2" })).rejects.toThrow(/orderId: unknown order/);
  await queue.send({ orderId: "o1" });
  await otherProgram().xadd(queue.name, "*", "orderId", "o3");
  const seen: string[] = [];
  const report = await drain(queue, (message) => seen.push(message.payload.orderId));
  expect(report).toMatchObject({ completed: 1, dead: 1 });
  expect(seen).toEqual(["o1"]);
  expect((await queue.deadLetters.list())[0]?.error).toContain("orderId: unknown order");
});

test("a message is sent as it was given: the schema's output reaches the handler alone", async () => {
  const schema = z.object({ n: z.coerce.number(), more: z.string().default("none") });
  const queue = createQueue({ name: uniqueName(), store: tcpStore(), schema });
  await queue.send({ n: "7" });
  const [[, fields] = ["", []]] = await otherProgram().xrange(queue.name, "-", "+");
  expect(fields).toEqual(["xd:d", '{"n":"7"}']);
  const seen: unknown[] = [];
  await drain(queue, (message) => seen.push(message.payload));
  expect(seen).toEqual([{ n: 7, more: "none" }]);
});

test("a validator that breaks fails the message like a handler: it is tried again", async () => {
  let broken = true;
  const schema: StandardSchema<string> = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) => {
        if (broken) throw new TypeError("the rules could not be loaded");
        return { value: String(value) };
      },
    },
  };
  const plain = createQueue<string>({ name: uniqueName(), store: tcpStore() });
  const backoff = { initial: 0 };
  const queue = createQueue({ name: plain.name, store: tcpStore(), schema, backoff });
  await plain.send("x");
  const first = await drain(queue, () => expect.fail("ran"), { maxMessages: 1 });
  expect(first).toMatchObject({ retried: 1, dead: 0 });
  expect(first.errors[0]?.error).toBe("TypeError: the rules could not be loaded");
  broken = false;
  expect(await drain(queue, () => {})).toMatchObject({ completed: 1 });
});

test("at most five issues are told, and how many more there are", async () => {
  const schema = v.object(
    Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`field${n}`, v.string()])),
  );
  const queue = createQueue({ name: uniqueName(), store: tcpStore(), schema });
  const error = await queue.send({}).catch((reason: Error) => reason);
  expect((error as Error).message).toMatch(/field0: .*field4: .*; and 3 more$/s);
  expect((error as Error).message).not.toContain("field5");
});
