import { randomBytes } from "node:crypto";
import { describe, expect } from "vitest";
import { createQueue, drain, Reject } from "../../src/index.ts";
import { expectNothingSecret, SECRET } from "../errors/support.ts";
import { otherProgram } from "../interop/foreign.ts";
import { serverTest, uniqueName } from "../support/redis.ts";
import { openStore, TRANSPORTS } from "../transports/stores.ts";

// A payload arrives as it was sent: clients, gateways and Lua may all take a text for something else.

const NUL = String.fromCharCode(0);
const EVERY_CHARACTER = Array.from({ length: 0x2_000 }, (_, code) =>
  String.fromCharCode(code),
).join("");

/** Texts that some part of the way could take for a number, for JSON, for a reply or for nothing. */
const TEXTS: readonly string[] = [
  "",
  " ",
  "0",
  "-0",
  "007",
  "1.0",
  "1e3",
  "1e400",
  "NaN",
  "Infinity",
  "123",
  "9007199254740993",
  "12345678901234567890",
  "1700000000000-0",
  "true",
  "false",
  "null",
  "undefined",
  "nil",
  "(nil)",
  "OK",
  "QUEUED",
  "NOSCRIPT No matching script.",
  "<noscript>",
  "ERR no",
  "late",
  '"q"',
  '\\"q\\"',
  "{}",
  "[]",
  '{"id":12345678901234567890}',
  "~",
  "T0s=",
  "👩‍👩‍👧‍👦 ü ß 漢字 \u{1f600}",
  "e\u0301 is not \u00e9",
  `${NUL}a${NUL}${NUL}`,
  "\r\n$5\r\nhello\r\n*1\r\n",
  "\u2028\u2029\ufeff\uffff",
  EVERY_CHARACTER,
];

const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_VALUE,
  1e300,
  [],
  {},
  [[], [[]], {}],
  { 2: "b", 1: "a", "-1": "c", "01": "d" },
  { "": "", " ": " ", "a.b": 1, "xd:d": "not ours", "xd:k": "nor this" },
  JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":1},"hasOwnProperty":0}'),
  { big: "12345678901234567890", bytes: randomBytes(2_000).toString("base64") },
  { lone: "\ud800", other: "\udfff\ud800", "\udc00": 1 },
  "\ud83d",
  { deep: JSON.parse(`${"[".repeat(500)}${"]".repeat(500)}`) },
];

describe.each(TRANSPORTS)("over %s", (transport) => {
  serverTest("any JSON arrives as it was sent, from handlers and dead letters alike", async () => {
    const queue = createQueue({ name: uniqueName(), store: await openStore(transport) });
    const payloads = [...TEXTS, ...TEXTS.map((text) => ({ [text]: text })), ...VALUES];
    await queue.sendBatch(payloads.map((payload) => ({ payload })));
    const seen: unknown[] = [];
    const report = await drain(queue, (message) => {
      seen.push(message.payload);
      throw new Reject("to see it again");
    });
    expect(report).toMatchObject({ dead: payloads.length, retried: 0 });
    expect(seen.map(written)).toEqual(payloads.map(written));
    const dead = await queue.deadLetters.list({ count: 1_000 });
    expect(dead.map(({ payload }) => written(payload))).toEqual(payloads.map(written));
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  serverTest("plain fields are stored byte for byte, and read as they are stored", async () => {
    const store = await openStore(transport);
    const queue = createQueue<Record<string, string>>({
      name: uniqueName(),
      store,
      codec: "fields",
    });
    const objects = [
      ...TEXTS.map((text) => ({ value: text })),
      ...TEXTS.filter((text) => !text.startsWith("xd:")).map((text) => ({ [text]: "value" })),
      { 2: "b", 1: "a", "10": "c" },
      JSON.parse('{"__proto__":"a","constructor":"b","toString":"c"}') as Record<string, string>,
    ];
    await queue.sendBatch(objects.map((payload) => ({ payload })));
    const stored = await otherProgram().xrangeBuffer(queue.name, "-", "+");
    expect(stored.map(([, fields]) => fields.map(String))).toEqual(
      objects.map((object) => Object.entries(object).flat()),
    );
    const seen: unknown[] = [];
    await drain(queue, (message) => seen.push(message.payload));
    expect(seen.map(written)).toEqual(objects.map(written));
  });

  serverTest("fields of other programs arrive as they were added", async () => {
    const queue = createQueue({ name: uniqueName(), store: await openStore(transport) });
    const redis = otherProgram();
    const pairs = [
      "OK",
      "null",
      "__proto__",
      "x",
      "1",
      '"q"',
      "constructor",
      "<noscript>",
      "é",
      NUL,
    ];
    await redis.xadd(queue.name, "*", ...pairs);
    await redis.xadd(queue.name, "*", "a", "first", "a", "second");
    const seen: unknown[] = [];
    await drain(queue, (message) => seen.push(message.payload));
    expect(seen).toHaveLength(2);
    expect(Object.entries(seen[0] as object).sort()).toEqual(
      [
        ["1", '"q"'],
        ["OK", "null"],
        ["__proto__", "x"],
        ["constructor", "<noscript>"],
        ["é", NUL],
      ].sort(),
    );
    expect(Object.getPrototypeOf(seen[0])).toBe(Object.prototype);
    expect(seen[1]).toEqual({ a: "second" });
  });

  serverTest("a payload of 1 MB arrives, one message or several", async () => {
    const queue = createQueue<string>({ name: uniqueName(), store: await openStore(transport) });
    const large = ["x".repeat(999_994), "ü".repeat(499_997), '"'.repeat(499_997)];
    await queue.sendBatch([...large, ...large].map((payload) => ({ payload })));
    const seen: string[] = [];
    const report = await drain(queue, (message) => seen.push(message.payload));
    expect(report).toMatchObject({ completed: 6, lost: 0, retried: 0, dead: 0 });
    expect(seen.map((text, n) => text === large[n % 3])).toEqual(Array(6).fill(true));
    await expect(queue.send("x".repeat(999_995))).rejects.toMatchObject({
      code: "payload_too_large",
    });
  });

  serverTest("an entry too wide to unpack arrives, dies and comes back whole", async () => {
    const queue = createQueue<Record<string, string>>({
      name: uniqueName(),
      store: await openStore(transport),
    });
    const wide = Object.fromEntries(
      Array.from({ length: 2_000 }, (_, n) => [`field ${n}`, `ü ${NUL} ${n}:${"x".repeat(n % 7)}`]),
    );
    await otherProgram().xadd(queue.name, "*", ...Object.entries(wide).flat());
    const seen: unknown[] = [];
    await drain(queue, (message) => {
      seen.push(message.payload);
      throw new Reject("wide");
    });
    const [dead] = await queue.deadLetters.list();
    await queue.deadLetters.redrive([dead?.id ?? ""]);
    await drain(queue, (message) => seen.push(message.payload));
    expect(seen).toEqual([wide, wide]);
    expect(dead?.payload).toEqual(wide);
  });

  serverTest("idempotency keys and results are told apart byte for byte", async () => {
    const queue = createQueue({
      name: uniqueName(),
      store: await openStore(transport),
      keepResults: true,
    });
    const keys = TEXTS.filter((text) => text !== "" && text.length <= 512);
    await queue.sendBatch(keys.map((key) => ({ payload: key, idempotencyKey: key })));
    const seen: unknown[] = [];
    const report = await drain(queue, (message) => {
      seen.push(message.idempotencyKey);
      return { returned: message.payload };
    });
    expect(report).toMatchObject({ completed: keys.length, duplicates: 0, deferred: 0 });
    expect(seen).toEqual(keys);
    for (const key of keys) expect(await queue.result(key)).toEqual({ returned: key });
    await queue.sendBatch(keys.map((key) => ({ payload: 0, idempotencyKey: key })));
    expect(await drain(queue, () => {})).toMatchObject({ duplicates: keys.length, completed: 0 });
  });

  serverTest(
    "numbers and booleans become plain fields as text, undefined is left out",
    async () => {
      const store = await openStore(transport);
      const queue = createQueue<unknown>({ name: uniqueName(), store, codec: "fields" });
      await queue.send({ order_id: "ord_123", total: 99.99, paid: true, note: undefined, n: 10n });
      const [[, stored] = []] = await otherProgram().xrange(queue.name, "-", "+");
      expect(stored).toEqual(["order_id", "ord_123", "total", "99.99", "paid", "true", "n", "10"]);
      const seen: unknown[] = [];
      await drain(queue, ({ payload }) => void seen.push(payload));
      expect(seen).toEqual([{ order_id: "ord_123", total: "99.99", paid: "true", n: "10" }]);
    },
  );

  serverTest("a key beside the payload's own field of that name is refused", async () => {
    const store = await openStore(transport);
    const options = { name: uniqueName(), store, idempotencyField: "order_id" } as const;
    const queue = createQueue<unknown>({ ...options, codec: "fields" });
    const both = queue.send({ order_id: "ord_123" }, { idempotencyKey: SECRET });
    const error = await both.catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "invalid_payload",
      message: expect.stringContaining("The payload's own field `order_id` is the key"),
    });
    expectNothingSecret(error);
    expect(await otherProgram().exists(queue.name)).toBe(0);
    await queue.send({ order_id: "ord_123" }, { idempotencyKey: "ord_123" }); // says the same twice
    await queue.send({ item: "pen" }, { idempotencyKey: "ord_124" });
    await createQueue<unknown>(options).send(
      { order_id: "its own" },
      { idempotencyKey: "ord_125" },
    );
    const keys: unknown[] = [];
    await drain(queue, ({ idempotencyKey }) => void keys.push(idempotencyKey));
    expect(keys).toEqual(["ord_123", "ord_124", "ord_125"]);
  });

  serverTest("plain fields that would not survive are refused, and nothing is stored", async () => {
    const store = await openStore(transport);
    const queue = createQueue<unknown>({ name: uniqueName(), store, codec: "fields" });
    const refused: [unknown, RegExp][] = [
      [{ a: "\ud800" }, /well-formed text, .* as `a`/],
      [{ "\udfff": "a" }, /field names without lone surrogates/],
      [{ a: Number.NaN }, /a finite number or a boolean as `a`.* NaN/],
      [{ a: Number.NEGATIVE_INFINITY }, /a finite number or a boolean as `a`.* -Infinity/],
      [{ a: null }, /a boolean as `a` .*null/],
      [{ a: [123454321] }, /a boolean as `a` .*an array/],
      [{ a: { b: 123454321 } }, /a boolean as `a` .*object/],
      [{ a: new Date(123454321) }, /a boolean as `a` .*object/],
      [{ a: () => SECRET }, /a boolean as `a` .*function/],
      [{ a: undefined }, /at least one field/],
      [{ "xd:d": "1" }, /do not begin with xd:/],
      [{}, /at least one field/],
      [[SECRET], /an object of text, numbers and booleans .*an array/],
      [SECRET, /an object of text, numbers and booleans .*string/],
      [null, /an object of text, numbers and booleans .*null/],
    ];
    for (const [payload, expected] of refused) {
      const error = await queue.send(payload).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "invalid_payload" });
      expect((error as Error).message).toMatch(expected);
      expect((error as Error).message).not.toContain("123454321");
      expectNothingSecret(error);
    }
    expect(await otherProgram().exists(queue.name)).toBe(0);
  });
});

/** Tells apart what toEqual takes for the same: order, -0, own `__proto__`. */
function written(value: unknown): string {
  return JSON.stringify(value);
}
