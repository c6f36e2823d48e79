import { describe, expect, test } from "vitest";
import {
  createQueue,
  drain,
  type Handler,
  OptionError,
  Retry,
  type Store,
} from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { upstash } from "../../src/redis/upstash.ts";

// Everything that reaches the store fails the test: options are refused before any I/O.
const store = new Proxy({} as Store, {
  get: (_, method) =>
    method === "now" ? () => 1_000_000 : () => expect.fail(`reached the store: ${String(method)}`),
});

// What callers without types can pass.
type Loose = Record<string, unknown>;
const make = (options: Loose) => createQueue({ name: "orders", store, ...options } as never);
const run = (options: Loose) => drain(make({}), () => {}, options as never);

async function refusalOf(work: () => unknown): Promise<string> {
  const error = await Promise.resolve()
    .then(work)
    .then(
      () => expect.fail("It was taken."),
      (reason: unknown) => reason,
    );
  expect(error).toBeInstanceOf(OptionError);
  expect(error).toMatchObject({ name: "OptionError", code: "invalid_option" });
  return (error as OptionError).message;
}

const INTEGER = /an integer from \d+ to \d+/;
const DURATION = /a duration/;
const TEXT = /a string of 1 to 512 characters/;

const QUEUE_OPTIONS: readonly [string, unknown, RegExp, string][] = [
  ["name", undefined, TEXT, "undefined"],
  ["name", "", TEXT, '""'],
  ["name", 5, TEXT, "5 (number)"],
  ["name", "x".repeat(513), TEXT, "xxx"],
  ["name", "\ud800", TEXT, "(string)"],
  ["store", undefined, /a store/, "undefined"],
  ["store", { url: "x" }, /a store/, "object"],
  ["stream", "", TEXT, '""'],
  ["stream", "a}b", /one hash tag/, '"a}b"'],
  ["stream", "{}orders", /one hash tag/, '"{}orders"'],
  ["group", 7, TEXT, "7 (number)"],
  ["start", "latest", /"0", "\$"/, '"latest"'],
  ["start", new Date(Number.NaN), /a Date/, "object"],
  ["start", "1700000000000", /an entry's id/, '"1700000000000"'],
  ["codec", "msgpack", /"json" or "fields"/, '"msgpack"'],
  ["idempotencyField", "", TEXT, '""'],
  ["idempotencyField", "xd:d", /does not begin with xd:/, '"xd:d"'],
  ["idempotencyField", "xd:id", /does not begin with xd:/, '"xd:id"'],
  ["retryCountField", "xd:k", /does not begin with xd:/, '"xd:k"'],
  ["idempotencyWindow", "1 day", DURATION, '"1 day"'],
  ["idempotencyWindow", 0, DURATION, "0"],
  ["visibilityTimeout", "soon", DURATION, '"soon"'],
  ["visibilityTimeout", 99, DURATION, "99"],
  ["visibilityTimeout", Number.NaN, DURATION, "NaN"],
  ["visibilityTimeout", "25 h", DURATION, "25 h"],
  ["visibilityTimeout", {}, DURATION, "object"],
  ["maxFailures", 0, INTEGER, "0 (number)"],
  ["maxFailures", 1.5, INTEGER, "1.5 (number)"],
  ["maxFailures", "5", INTEGER, '"5" (string)'],
  ["maxDeliveries", 501, INTEGER, "501 (number)"],
  ["onCrash", "ignore", /"retry" or "dead"/, '"ignore"'],
  ["backoff.factor", { factor: 0.5 }, /a number from 1 to 100/, "0.5 (number)"],
  ["backoff.factor", { factor: "2" }, /a number from 1 to 100/, '"2" (string)'],
  ["backoff.initial", { initial: -1 }, DURATION, "-1"],
  ["backoff.max", { max: "forever" }, DURATION, '"forever"'],
  ["backoff.jitter", { jitter: "some" }, /"full" or "none"/, '"some"'],
  ["backoff", { delay: 1 }, /among initial, factor, max, jitter/, "delay"],
  ["backoff", null, /an object/, "null"],
  ["backoff", 5, /an object/, "5 (number)"],
  ["shared", "yes", /true or false/, '"yes"'],
  ["keepResults", 1, /true or false/, "1 (number)"],
  ["retention", "1 d", /an object/, "a string"],
  ["retention", {}, /age.*count/, "object"],
  ["retention", { age: "1 d", count: 5 }, /age.*count/, "object"],
  ["retention.age", { age: 0 }, DURATION, "0"],
  ["retention.count", { count: -1 }, INTEGER, "-1 (number)"],
  ["deadLetters", "dead", /an object/, "a string"],
  ["deadLetters.stream", { stream: "" }, TEXT, '""'],
  ["deadLetters.stream", { stream: "orders" }, /another stream than the queue's own/, '"orders"'],
  ["deadLetters.retention.count", { retention: { count: 0.5 } }, INTEGER, "0.5 (number)"],
  ["maxPayload", 8_000_001, INTEGER, "8000001 (number)"],
  ["deduplicate", "yes", /true or false/, '"yes" (string)'],
  ["maxBacklog", 5, /an object/, "number"],
  ["maxBacklog", {}, /`messages`, `bytes` or both/, "object"],
  ["maxBacklog", { messages: 0 }, INTEGER, "0 (number)"],
  ["maxBacklog", { bytes: 1.5 }, INTEGER, "1.5 (number)"],
  ["maxBacklog", { bytes: 5, warnAt: 2 }, /above 0/, "2 (number)"],
  ["maxBacklog", { bytes: 5, onWarning: 1 }, /a function/, "1 (number)"],
  ["keepNewest", {}, /`keepNewest.count`/, "undefined"],
  ["maxInFlight", 0, INTEGER, "0 (number)"],
  ["rateLimit", 5, /an object/, "number"],
  ["rateLimit", { limit: 5 }, /`rateLimit.per` .*a duration/, "undefined"],
  ["rateLimit", { limit: 0, per: "1 s" }, INTEGER, "0 (number)"],
  ["rateLimit", { limit: 5, per: 1 }, /from 100 to/, "1"],
  ["wake", {}, /a function/, "undefined"],
  ["wake", { kick: "now" }, /a function/, "a string"],
  ["wake.debounce", { kick() {}, debounce: "11 s" }, DURATION, "11 s"],
  ["keepNewest", { count: 0 }, INTEGER, "0 (number)"],
  ["keepNewest", { count: 1, exact: "no" }, /true or false/, '"no" (string)'],
  ["schema", {}, /a Standard Schema/, "object"],
  ["schema", null, /a Standard Schema/, "null"],
  ["visibiltyTimeout", "60 s", /among name, store/, "visibiltyTimeout"],
];

describe("createQueue refuses", () => {
  test.each(QUEUE_OPTIONS)("%s: %o", async (option, given, expected, shown) => {
    const key = option.split(".")[0] ?? "";
    const message = await refusalOf(() => make({ [key]: given }));
    expect(message).toContain(option);
    expect(message).toMatch(expected);
    expect(message).toContain(shown);
  });

  test.each([undefined, null, "orders"])("options that are %o", async (options) => {
    const message = await refusalOf(() => createQueue(options as never));
    expect(message).toMatch(/createQueue.*an object/);
  });
});

const DRAIN_OPTIONS: readonly [string, unknown, RegExp, string][] = [
  ["maxDuration", "1 minute", DURATION, '"1 minute"'],
  ["maxDuration", 5, DURATION, "5"],
  ["deadline", "tomorrow", /a Date/, '"tomorrow"'],
  ["deadline", 1_700_000_000_000, /a Date/, "1700000000000 (number)"],
  ["deadline", new Date(Number.NaN), /a Date/, "object"],
  ["maxMessages", 0, INTEGER, "0 (number)"],
  ["maxMessages", Number.POSITIVE_INFINITY, INTEGER, "Infinity (number)"],
  ["maxRequests", 2, INTEGER, "2 (number)"],
  ["concurrency", 0, INTEGER, "0 (number)"],
  ["concurrency", "10", INTEGER, '"10" (string)'],
  ["batch", 501, INTEGER, "501 (number)"],
  ["maxBytes", 9_000_001, INTEGER, "9000001 (number)"],
  ["lanes", 17, INTEGER, "17 (number)"],
  ["prefetch", "no", /true or false/, '"no"'],
  ["handlerTimeout", 0, DURATION, "0"],
  ["handlerTimeout", "fast", DURATION, '"fast"'],
  ["signal", {}, /an AbortSignal/, "object"],
  ["onError", "log", /a function/, "a string"],
  ["maxMesages", 5, /among maxDuration/, "maxMesages"],
];

describe("drain refuses", () => {
  test.each(DRAIN_OPTIONS)("%s: %o", async (option, given, expected, shown) => {
    const message = await refusalOf(() => run({ [option]: given }));
    expect(message).toContain(option);
    expect(message).toMatch(expected);
    expect(message).toContain(shown);
  });

  test("options that are no object", async () => {
    expect(await refusalOf(() => run(null as never))).toMatch(/drain.*an object/);
  });

  test.each([undefined, "work"])("a handler that is %o", async (handler) => {
    const message = await refusalOf(() => drain(make({}), handler as unknown as Handler<unknown>));
    expect(message).toMatch(/`handler`.*a function/);
  });

  test.each([undefined, {}, "orders"])("a queue that is %o", async (queue) => {
    const message = await refusalOf(() => drain(queue as never, () => {}));
    expect(message).toMatch(/`queue`.*createQueue/);
  });
});

describe("send refuses", () => {
  const queue = make({});
  test.each([
    ["idempotencyKey", "", TEXT, '""'],
    ["idempotencyKey", 42, TEXT, "42 (number)"],
    ["idempotencyKey", "\udc00", /without lone surrogates|well-formed/, "(string)"],
    ["delays", "1 s", /among payload, idempotencyKey/, "delays"],
    ["delay", "1 week", /a duration/, '"1 week" (string)'],
    ["delay", "366 d", /from 0 to/, "366 d"],
    ["deliverAt", "tomorrow", /a Date/, '"tomorrow" (string)'],
    ["deliverAt", new Date(Number.NaN), /a Date/, "object"],
    ["deliverAt", Date.UTC(2200, 0), /a year ahead/, "7258118400000 (number)"],
    ["trace", "00-1-2-01", /an object/, "a string"],
    ["trace", { traceparent: "00-1-2-01" }, /W3C traceparent/, '"00-1-2-01" (string)'],
  ] as [string, unknown, RegExp, string][])("%s: %o", async (option, given, expected, shown) => {
    const options = { [option]: given } as never;
    for (const work of [
      () => queue.send(1, options),
      () => queue.sendBatch([{ payload: 0 }, { payload: 1, ...(options as object) }]),
    ]) {
      const message = await refusalOf(work);
      expect(message).toContain(option);
      expect(message).toMatch(expected);
      expect(message).toContain(shown);
    }
  });

  test.each([undefined, 5, "abc", { payload: 1 }])("a batch that is %o", async (batch) => {
    expect(await refusalOf(() => queue.sendBatch(batch as never))).toMatch(/an array|an object/);
  });

  test("a message that is no object", async () => {
    expect(await refusalOf(() => queue.sendBatch([null as never]))).toMatch(/an object, got null/);
  });
});

describe("the other calls refuse", () => {
  const queue = make({});
  test.each([
    ["count", () => queue.deadLetters.list({ count: 0 }), INTEGER],
    ["after", () => queue.deadLetters.list({ after: "x" }), /an id such as/],
    ["ids", () => queue.deadLetters.redrive(["x"]), /an id such as/],
    ["ids", () => queue.deadLetters.remove("1-1" as never), /an array/],
    ["ids", () => queue.deadLetters.redrive(Array(501).fill("1-1")), /at most 500/],
    ["idOrKey", () => queue.result(""), TEXT],
    ["after", () => new Retry("later" as never), DURATION],
  ] as [string, () => unknown, RegExp][])("a bad %s (%s)", async (option, work, expected) => {
    const message = await refusalOf(work);
    expect(message).toContain(`\`${option}\``);
    expect(message).toMatch(expected);
  });

  test.each([
    ["requestTimeoutMs", 0],
    ["requestTimeoutMs", "1 s"],
    ["attempts", 0],
    ["attempts", 2.5],
  ])("a store with %s: %o", async (option, given) => {
    const over = [
      () => ioredis({ url: "redis://localhost", [option]: given }),
      () => upstash({ url: "http://localhost", token: "t", [option]: given }),
    ];
    for (const work of over) {
      const message = await refusalOf(work);
      expect(message).toContain(`\`${option}\``);
      expect(message).toMatch(INTEGER);
    }
  });
});
