import { expect, test } from "vitest";
import { byMinute } from "../../src/dashboard/charts/history.ts";
import { bytes, duration, percent, plural, rate, when } from "../../src/dashboard/format.ts";
import { indentJson, payloadView } from "../../src/dashboard/payload.ts";
import type { PassRecord } from "../../src/inspect/index.ts";
import { describeContent } from "../../src/inspect/payload.ts";

test("lengths of time are told in two units at the most", () => {
  const told: readonly (readonly [number, string])[] = [
    [-5, "0 ms"],
    [350, "350 ms"],
    [4_249, "4.2 s"],
    [59_900, "59 s"],
    [60_000, "1 min"],
    [185_000, "3 min 5 s"],
    [3_600_000, "1 h"],
    [7_500_000, "2 h 5 min"],
    [86_400_000, "1 d"],
    [100 * 3_600_000, "4 d 4 h"],
  ];
  for (const [ms, text] of told) expect(duration(ms)).toBe(text);
});

test("numbers are told as people write them", () => {
  expect([bytes(0), bytes(999), bytes(12_345), bytes(1_500_000)]).toEqual([
    "0 B",
    "999 B",
    "12 KB",
    "1.5 MB",
  ]);
  expect([rate(0), rate(0.04), rate(0.46), rate(12.6), rate(1_250)]).toEqual([
    "0",
    "< 0.1",
    "0.5",
    "13",
    "1,250",
  ]);
  expect([percent(0), percent(0.0001), percent(0.125), percent(1)]).toEqual([
    "0 %",
    "< 0.1 %",
    "12.5 %",
    "100 %",
  ]);
  expect([plural(1, "message"), plural(2_000, "message")]).toEqual(["1 message", "2,000 messages"]);
});

test("a time is told by its distance, with the time itself beside it", () => {
  const now = new Date("2026-01-01T12:00:00Z");
  const at = (ms: number) => String(when(new Date(now.getTime() + ms), now));
  expect(at(-185_000)).toBe(
    '<time datetime="2026-01-01T11:56:55.000Z" title="2026-01-01 11:56:55 UTC">3 min 5 s ago</time>',
  );
  expect(at(90_000)).toContain(">in 1 min 30 s<");
  expect(at(200)).toContain(">now<");
});

test("JSON is broken into lines without being read: what JavaScript cannot hold stays as it is", () => {
  expect(indentJson('{"a":12345678901234567890,"b":[1,{ }],"c":[]}')).toBe(
    '{\n  "a": 12345678901234567890,\n  "b": [\n    1,\n    {}\n  ],\n  "c": []\n}',
  );
  expect(indentJson('"a, {b}: \\"c\\""')).toBe('"a, {b}: \\"c\\""');
});

test("what is not JSON is shown as it is, its spaces too", () => {
  const content = describeContent(["xd:d", "{not  json, : x"], "xd:k", 1_000);
  expect(String(payloadView(content))).toContain("<code>{not  json, : x</code>");
});

test("JSON that was cut anywhere is broken into lines all the same, and loses nothing", () => {
  const text = '{"key":["va\\"lue\\\\",true,null,-1.5e3],"other":{"x":"y z"}}';
  for (let length = 0; length <= text.length; length += 1) {
    const cut = text.slice(0, length);
    expect(indentJson(cut).replace(/\n *| (?!z)/g, "")).toBe(cut.trim());
  }
});

test("deep and long texts are broken into lines in a time that grows with their length", () => {
  for (const text of [
    "[".repeat(50_000),
    `{${" ".repeat(50_000)}`,
    `"${"\\".repeat(50_001)}`,
    '"'.repeat(50_000),
  ]) {
    expect(indentJson(text).length).toBeLessThan(5_000_000);
  }
});

test("passes are summed up by the minute in which they ended, those of other hours left out", () => {
  const first = 1_700_000_040_000;
  const pass = (at: number, counters: Partial<PassRecord>) =>
    ({
      at: new Date(at),
      completed: 0,
      retried: 0,
      dead: 0,
      waited: 0,
      waitedMs: 0,
      backlog: 0,
      ...counters,
    }) as PassRecord;
  const minutes = byMinute(
    [
      pass(first + 60 * 60_000, { completed: 99 }),
      pass(first + 61_000, {
        completed: 3,
        retried: 1,
        dead: 1,
        waited: 3,
        waitedMs: 900,
        backlog: 7,
      }),
      pass(first + 60_000, { completed: 2, waited: 1, waitedMs: 100, backlog: 12 }),
      pass(first, { completed: 1 }),
      pass(first - 1, { completed: 99 }),
    ],
    first,
  );
  expect(minutes.length).toBe(60);
  expect(minutes.slice(0, 3)).toEqual([
    { at: first, completed: 1, failed: 0, passes: 1, waitMs: undefined, backlog: 0 },
    { at: first + 60_000, completed: 5, failed: 2, passes: 2, waitMs: 250, backlog: 7 },
    {
      at: first + 120_000,
      completed: 0,
      failed: 0,
      passes: 0,
      waitMs: undefined,
      backlog: undefined,
    },
  ]);
});
