import { expect, test } from "vitest";
import { sumMinutes } from "../../src/throughput.ts";

const MINUTE = 28_333_333;
/** Fifteen seconds into the minute. */
const NOW = MINUTE * 60_000 + 15_000;

/** A minute's counter, as its place in the ring and its text. */
function minute(back: number, completed: number, failed = 0): [string, string] {
  return [`m${(MINUTE - back) % 60}`, `${MINUTE - back}:${completed}:${failed}`];
}

test("the last minute is this one, and of the one before it the part that makes sixty seconds", () => {
  const counters = new Map([minute(0, 30, 10), minute(1, 40, 0), minute(2, 1_000, 1_000)]);
  expect(sumMinutes(counters, NOW, 1)).toEqual({
    completed: 60,
    failed: 10,
    perSecond: 1,
    failureRate: 10 / 70,
  });
});

test("the last hour is this minute and the 59 before it, and its rate goes by that time", () => {
  const counters = new Map(Array.from({ length: 60 }, (_, back) => minute(back, 60)));
  const hour = sumMinutes(counters, NOW, 60);
  expect(hour.completed).toBe(3_600);
  expect(hour.perSecond).toBeCloseTo(3_600 / (59 * 60 + 15), 10);
});

test("a minute of an hour ago, whose place nobody has taken yet, counts no more", () => {
  const counters = new Map([minute(60, 7), minute(61, 7)]);
  expect(sumMinutes(counters, NOW, 60)).toMatchObject({ completed: 0, perSecond: 0 });
});

test("at the first instant of an hour that nobody has worked in there is no rate", () => {
  expect(sumMinutes(new Map(), MINUTE * 60_000, 60)).toEqual({
    completed: 0,
    failed: 0,
    perSecond: 0,
    failureRate: 0,
  });
});

test("a counter that somebody has spoilt counts as none", () => {
  for (const text of ["", "1:2", `${MINUTE}:x:0`, `${MINUTE}:1:2:3`]) {
    expect(sumMinutes(new Map([[`m${MINUTE % 60}`, text]]), NOW, 1).completed).toBe(0);
  }
});
