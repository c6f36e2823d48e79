import { describe, expect, test } from "vitest";
import { drain, type QueueOptions } from "../../src/index.ts";
import type { Target } from "./target.ts";
import { newToken, openWorkbench } from "./workbench.ts";

/** Texts that clients, gateways and decoders like to change. */
const TEXTS = [
  ...["", " ", "0", "007", "1.0", "1e3", "-0", "NaN", "Infinity", "9007199254740993", "1700-0"],
  ...["12345678901234567890", "true", "null", "undefined", "OK", '"q"', "[1,2]", '{"a":1}', "{}"],
  ...["é", "日本語", "👍🏽", "\u0000", "a\u0000b", "\r\n", "\t", "\\", "%s%n", "\u2028", "\ufeff"],
  ...["~", "+OK\r\n", "$5\r\nhello", "-ERR no", "*1\r\n", ":1", "__proto__", "constructor"],
];

/** Payloads survive byte for byte. */
export function payloads(target: () => Target): void {
  async function roundTrip(payload: unknown, options: Partial<QueueOptions> = {}) {
    const bench = openWorkbench(target(), options);
    await bench.send(payload);
    const seen: unknown[] = [];
    const report = await drain(bench.queue, (message) => seen.push(message.payload));
    expect(report).toMatchObject({ completed: 1, errors: [] });
    return seen[0];
  }

  describe("payloads", () => {
    test("texts come back as they were sent", async () => {
      expect(await roundTrip(TEXTS)).toEqual(TEXTS);
    });

    test("plain fields come back as they were sent, names included", async () => {
      const fields = Object.fromEntries(TEXTS.map((text) => [text, text]));
      expect(await roundTrip(fields, { codec: "fields" })).toEqual(fields);
    });

    test.each(TEXTS)("%j is stored as it is, as a name and as a value", async (text) => {
      const bench = openWorkbench(target());
      await bench.outside.add(text, text, text, `${text}${text}`);
      const [entry] = (await bench.claim(newToken())).messages;
      expect(entry?.fields).toEqual([text, text, text, text + text]);
    });

    test("whatever JSON holds comes back", async () => {
      const payload = {
        numbers: [0, -1, 1.5, 1e21, 1e-7, Number.MAX_SAFE_INTEGER, 5e-324],
        nested: [[[{ a: [null, true, false, ""] }]]],
        2: "integer-like names",
        1: "keep their values",
        empty: [{}, []],
      };
      expect(await roundTrip(payload)).toEqual(payload);
    });

    test("integers that JavaScript cannot hold are kept as they were written", async () => {
      const bench = openWorkbench(target());
      await bench.outside.add("xd:d", '{"id":12345678901234567890}', "n", "12345678901234567890");
      const [entry] = (await bench.claim(newToken())).messages;
      expect(entry?.fields[1]).toBe('{"id":12345678901234567890}');
    });

    test("a lone surrogate survives in JSON, and is refused in plain fields", async () => {
      expect(await roundTrip("a\ud800b")).toBe("a\ud800b");
      const { queue } = openWorkbench(target(), { codec: "fields" });
      for (const payload of [{ a: "\ud800" }, { "\udc00": "a" }]) {
        await expect(queue.send(payload)).rejects.toMatchObject({ code: "invalid_payload" });
      }
      expect((await queue.depth()).entries).toBe(0);
    });

    test("a payload of a megabyte comes back, a larger one is refused", async () => {
      const text = "é👍\u0000~".repeat(75_000);
      expect(await roundTrip(text)).toBe(text);
      const { queue } = openWorkbench(target());
      await expect(queue.send("x".repeat(1_000_001))).rejects.toMatchObject({
        code: "payload_too_large",
      });
    });

    test("several payloads of a megabyte come in turns that a reply can hold", async () => {
      const { queue, send } = openWorkbench(target());
      const texts = [..."abcdef"].map((letter) => letter.repeat(990_000));
      await send(...texts);
      const seen: unknown[] = [];
      const report = await drain(queue, ({ payload }) => seen.push(payload));
      expect(seen.sort()).toEqual(texts);
      expect(report).toMatchObject({ completed: 6, stopped: "empty", retried: 0 });
    });

    test("keys are kept as they were given", async () => {
      const { queue, sendKeyed } = openWorkbench(target());
      const keys = TEXTS.filter((text) => text !== "");
      await sendKeyed(...keys);
      const seen: unknown[] = [];
      await drain(queue, ({ idempotencyKey }) => seen.push(idempotencyKey), { concurrency: 1 });
      expect(seen).toEqual(keys);
      await sendKeyed(...keys);
      expect(await drain(queue, () => {})).toMatchObject({ duplicates: keys.length });
    });

    test("entries of other producers are messages of their fields", async () => {
      const { queue, outside } = openWorkbench(target());
      const id = await outside.add("user_id", "1001", "item", "iPhone 15");
      const seen: unknown[] = [];
      await drain(queue, (message) => seen.push([message.id, message.payload]));
      expect(seen).toEqual([[id, { user_id: "1001", item: "iPhone 15" }]]);
    });

    test("an entry that cannot be read is a dead letter, and its neighbours are not", async () => {
      const { queue, outside, send } = openWorkbench(target());
      await outside.add("xd:d", "{not json");
      await send("fine");
      expect(await drain(queue, () => {})).toMatchObject({ completed: 1, dead: 1 });
      const [letter] = await queue.deadLetters.list();
      expect(letter).toMatchObject({ reason: "invalid", payload: undefined, failures: 1 });
    });
  });
}
