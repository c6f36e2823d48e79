// Checked by the compiler alone (npm run types): what users' editors infer, and what must not compile.
import { expectTypeOf } from "vitest";
import { z } from "zod";
import {
  createQueue,
  type DeadLetter,
  type DrainReport,
  drain,
  type ErrorCode,
  type Handler,
  type HandlerContext,
  type Message,
  type Queue,
  Retry,
  type Sent,
  type StandardSchema,
  type Stopped,
  type Store,
  type StoreErrorCode,
} from "../../src/index.ts";

declare const store: Store;

interface Order {
  readonly userId: number;
  readonly item: string;
}

// A payload type is written once, at the queue; handlers infer it.
{
  const orders = createQueue<Order>({ name: "orders", store });
  expectTypeOf(orders).toEqualTypeOf<Queue<Order, Order>>();
  expectTypeOf(orders.send).parameter(0).toEqualTypeOf<Order>();
  expectTypeOf(orders.send).returns.resolves.toEqualTypeOf<Sent>();
  expectTypeOf(orders.deadLetters.list).returns.resolves.toEqualTypeOf<
    readonly DeadLetter<Order>[]
  >();

  const report = drain(orders, (message, context) => {
    expectTypeOf(message).toEqualTypeOf<Message<Order>>();
    expectTypeOf(message.payload.userId).toEqualTypeOf<number>();
    expectTypeOf(message.idempotencyKey).toEqualTypeOf<string | undefined>();
    expectTypeOf(context).toEqualTypeOf<HandlerContext>();
    expectTypeOf(context.signal).toEqualTypeOf<AbortSignal>();
  });
  expectTypeOf(report).resolves.toEqualTypeOf<DrainReport>();

  const handler: Handler<Order> = async (message) => message.payload.item;
  void drain(orders, handler);

  void orders.send({ userId: 1, item: "x" }, { idempotencyKey: "k" });
  void orders.sendBatch([{ payload: { userId: 1, item: "x" }, idempotencyKey: "k" }]);

  // @ts-expect-error a payload of another shape
  void orders.send({ userId: "1", item: "x" });
  // @ts-expect-error a payload that lacks a property
  void orders.send({ userId: 1 });
  // @ts-expect-error a property that nobody reads
  void orders.send({ userId: 1, item: "x", colour: "red" });
  // @ts-expect-error a batch takes messages, not payloads
  void orders.sendBatch([{ userId: 1, item: "x" }]);
  // @ts-expect-error an option that does not exist
  void orders.send({ userId: 1, item: "x" }, { key: "k" });
  // @ts-expect-error a handler of another payload
  void drain(orders, (message: Message<{ userId: string }>) => message);
  // @ts-expect-error a property that the payload does not have
  void drain(orders, (message) => message.payload.price);
  // @ts-expect-error messages are not changed
  void drain(orders, (message) => (message.payload = { userId: 1, item: "x" }));
  // @ts-expect-error no handler
  void drain(orders);
}

// A field of a stream is text: what is sent as plain fields arrives as text, unless a schema reads it.
{
  const plain = createQueue<{ id: string; total: number; paid?: boolean }>({
    name: "plain",
    store,
    codec: "fields",
  });
  void plain.send({ id: "a", total: 99.99 });
  void drain(plain, ({ payload }) => {
    expectTypeOf(payload.id).toEqualTypeOf<string>();
    expectTypeOf(payload.total).toEqualTypeOf<string>();
    expectTypeOf(payload.paid).toEqualTypeOf<string | undefined>();
  });
  const schema = z.object({ total: z.coerce.number() });
  const read = createQueue({ name: "read", store, codec: "fields", schema });
  void drain(read, ({ payload }) => expectTypeOf(payload.total).toEqualTypeOf<number>());
}

// Without a type the payload is unknown, and has to be looked at before it is used.
{
  const anything = createQueue({ name: "anything", store });
  expectTypeOf(anything).toEqualTypeOf<Queue<unknown, unknown>>();
  // @ts-expect-error unknown has no properties
  void drain(anything, (message) => message.payload.item);
}

// A schema gives both types: its input is sent, its output handled.
{
  const schema = z.object({ at: z.string().transform((text) => new Date(text)) });
  const events = createQueue({ name: "events", store, schema });
  expectTypeOf(events).toEqualTypeOf<Queue<{ at: string }, { at: Date }>>();
  expectTypeOf(events.send).parameter(0).toEqualTypeOf<{ at: string }>();
  void drain(events, ({ payload }) => expectTypeOf(payload.at).toEqualTypeOf<Date>());
  // Dead letters are as they were sent.
  expectTypeOf(events.deadLetters.list).returns.resolves.toEqualTypeOf<
    readonly DeadLetter<{ at: string }>[]
  >();
  // @ts-expect-error the output is not what is sent
  void events.send({ at: new Date() });
  // @ts-expect-error the input is not what is handled
  void drain(events, (message: Message<{ at: string }>) => message);

  const byHand: StandardSchema<string, number> = {
    "~standard": { version: 1, vendor: "us", validate: (value) => ({ value: Number(value) }) },
  };
  const numbers = createQueue({ name: "numbers", store, schema: byHand });
  expectTypeOf(numbers).toEqualTypeOf<Queue<string, number>>();
  // @ts-expect-error not a schema
  createQueue({ name: "numbers", store, schema: (value: unknown) => Number(value) });
}

// Options are checked where they are written.
{
  createQueue({ name: "q", store, visibilityTimeout: "90 s", backoff: { max: "15m" } });
  createQueue({ name: "q", store, retention: { age: "7 d" } });
  createQueue({ name: "q", store, retention: { count: 1_000 } });
  // @ts-expect-error no name
  createQueue({ store });
  // @ts-expect-error no store
  createQueue({ name: "q" });
  // @ts-expect-error a store has more than a url
  createQueue({ name: "q", store: { url: "http://localhost" } });
  // @ts-expect-error a misspelt option
  createQueue({ name: "q", store, visibiltyTimeout: "90 s" });
  // @ts-expect-error not a unit
  createQueue({ name: "q", store, visibilityTimeout: "90 sec" });
  // @ts-expect-error not one of the words
  createQueue({ name: "q", store, start: "latest" });
  // @ts-expect-error not one of the words
  createQueue({ name: "q", store, codec: "msgpack" });
  // @ts-expect-error neither an age nor a count
  createQueue({ name: "q", store, retention: {} });
  // @ts-expect-error text for a number
  createQueue({ name: "q", store, maxFailures: "5" });

  const queue = createQueue<number>({ name: "q", store });
  const handler = () => {};
  void drain(queue, handler, { maxDuration: "25 s", deadline: new Date(), concurrency: 5 });
  // @ts-expect-error a misspelt option
  void drain(queue, handler, { maxMesages: 5 });
  // @ts-expect-error a time is a Date
  void drain(queue, handler, { deadline: 1_700_000_000_000 });
  // @ts-expect-error not an AbortSignal
  void drain(queue, handler, { signal: new AbortController() });
  // @ts-expect-error a queue is made by createQueue
  void drain({ name: "q", store }, handler);
  new Retry("30 s");
  new Retry(1_500);
  // @ts-expect-error a wait has to be said
  new Retry();
  // @ts-expect-error not a duration
  new Retry("soon");
}

// Reports and errors are closed sets: a switch over them can be complete.
{
  expectTypeOf<DrainReport["stopped"]>().toEqualTypeOf<Stopped>();
  expectTypeOf<StoreErrorCode>().toExtend<ErrorCode>();
  const report = {} as DrainReport;
  // @ts-expect-error reports are not changed
  report.completed = 1;
  // @ts-expect-error not a reason to stop
  void (report.stopped === "finished");
  const sentence = (stopped: Stopped): string => {
    switch (stopped) {
      case "empty":
      case "deadline":
      case "messages":
      case "requests":
      case "paused":
      case "limited":
      case "aborted":
      case "store":
        return stopped;
      default:
        return stopped satisfies never;
    }
  };
  void sentence;
}

// A function over any queue can be written.
{
  const move = async <Payload>(from: Queue<unknown, Payload>, to: Queue<Payload, unknown>) =>
    drain(from, (message) => to.send(message.payload));
  void move(createQueue<string>({ name: "a", store }) as Queue<unknown, string>, {} as never);
}

// Over several queues, a handler receives any of their payloads.
{
  const orders = createQueue<Order>({ name: "orders", store });
  const mails = createQueue<string>({ name: "mails", store });
  void drain([orders, mails], (message) => {
    expectTypeOf(message).toEqualTypeOf<Message<Order | string>>();
  });
  void drain([orders, orders], (message) => {
    expectTypeOf(message.payload).toEqualTypeOf<Order>();
  });
  // @ts-expect-error: a handler of one of them is not enough.
  void drain([orders, mails], (message: Message<Order>) => message.payload.item);
}
