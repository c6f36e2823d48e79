import fc from "fast-check";
import { expect, test } from "vitest";
import { nextTick, type Recurrence } from "../../src/eventbridge/index.ts";
import { OptionError } from "../../src/index.ts";
import { ticksAt } from "./double-cron.ts";

const next = (recurrence: Recurrence, after: string) =>
  nextTick(recurrence, new Date(after))?.toISOString();

test.each([
  ["cron(* * * * ? *)", "2026-11-21T09:00:30Z", "2026-11-21T09:01:00.000Z"],
  ["cron(0/5 * * * ? *)", "2026-11-21T09:00:00Z", "2026-11-21T09:05:00.000Z"],
  ["cron(30,0 * * * ? *)", "2026-11-21T09:01:00Z", "2026-11-21T09:30:00.000Z"],
  ["cron(0 8 ? * MON-FRI *)", "2026-11-21T09:00:00Z", "2026-11-23T08:00:00.000Z"],
  ["cron(0 0 L * ? *)", "2027-02-01T00:00:00Z", "2027-02-28T00:00:00.000Z"],
  ["cron(0 0 29 2 ? *)", "2026-11-21T09:00:00Z", "2028-02-29T00:00:00.000Z"],
  ["cron(0 0 1W * ? *)", "2026-07-31T12:00:00Z", "2026-08-03T00:00:00.000Z"],
  ["cron(0 0 31W * ? *)", "2027-01-01T00:00:00Z", "2027-01-29T00:00:00.000Z"],
  ["cron(0 10 ? * 6L *)", "2026-11-21T09:00:00Z", "2026-11-27T10:00:00.000Z"],
  ["cron(0 10 ? * 2#5 *)", "2026-11-21T09:00:00Z", "2026-11-30T10:00:00.000Z"],
  ["cron(0 10 ? * L *)", "2026-11-21T10:00:00Z", "2026-11-28T10:00:00.000Z"],
  ["cron(0 0 1 1 ? 2027/3)", "2027-06-01T00:00:00Z", "2030-01-01T00:00:00.000Z"],
])("%s after %s ticks at %s", (expression, after, expected) => {
  expect(next({ expression }, after)).toBe(expected);
});

test("a schedule whose years are over, or whose day never comes, does not tick", () => {
  expect(next({ expression: "cron(0 0 1 1 ? 2020-2025)" }, "2026-01-01T00:00:00Z")).toBeUndefined();
  expect(next({ expression: "cron(0 0 31 2 ? *)" }, "2026-01-01T00:00:00Z")).toBeUndefined();
});

test("cron is read in its time zone: a time that the clocks skip is skipped, one they show twice is once", () => {
  const vienna = { expression: "cron(30 2 * * ? *)", timeZone: "Europe/Vienna" };
  expect(next(vienna, "2026-03-27T12:00:00Z")).toBe("2026-03-28T01:30:00.000Z");
  expect(next(vienna, "2026-03-28T12:00:00Z")).toBe("2026-03-30T00:30:00.000Z");
  expect(next(vienna, "2026-10-24T12:00:00Z")).toBe("2026-10-25T00:30:00.000Z");
  expect(next(vienna, "2026-10-25T00:45:00Z")).toBe("2026-10-26T01:30:00.000Z");
});

test("a rate ticks from its start on; without one, at the latest after its interval", () => {
  const start = new Date("2026-11-21T09:00:00Z");
  const rate = { expression: "rate(15 minutes)", start };
  expect(next(rate, "2026-11-21T08:00:00Z")).toBe("2026-11-21T09:00:00.000Z");
  expect(next(rate, "2026-11-21T09:00:00Z")).toBe("2026-11-21T09:15:00.000Z");
  expect(next(rate, "2026-11-21T09:44:59Z")).toBe("2026-11-21T09:45:00.000Z");
  const free = { expression: "rate(2 hours)" };
  expect(next(free, "2026-11-21T09:10:00Z")).toBe("2026-11-21T11:10:00.000Z");
});

test("nothing ticks before the start, nor from the end on", () => {
  const start = new Date("2026-11-21T10:00:00Z");
  const end = new Date("2026-11-21T11:00:00Z");
  const hourly = { expression: "cron(0 * * * ? *)", start, end };
  expect(next(hourly, "2026-11-21T08:30:00Z")).toBe("2026-11-21T10:00:00.000Z");
  expect(next(hourly, "2026-11-21T10:00:00Z")).toBeUndefined();
  expect(next({ ...hourly, expression: "rate(1 hour)" }, "2026-11-21T10:00:00Z")).toBeUndefined();
});

test("an expression that does not recur is refused", () => {
  expect(() => next({ expression: "at(2026-11-21T09:00:00)" }, "2026-01-01T00:00:00Z")).toThrow(
    OptionError,
  );
});

test("the next tick is the first minute in which the service ticks, also where clocks change", () => {
  const minutes = fc.constantFrom("*", "0", "0/5", "7-50/9", "1,31,59", "30");
  const hours = fc.constantFrom("*", "0", "1-3", "2", "*/4", "23", "3");
  const days = fc.constantFrom("* * ?", "? * *", "? * SUN,MON", "25-31 * ?", "L * ?", "29W * ?");
  const cron = fc
    .tuple(minutes, hours, days)
    .map(([minute, hour, day]) => `cron(${minute} ${hour} ${day} *)`);
  const place = fc.constantFrom(
    ["Europe/Vienna", Date.UTC(2026, 2, 28, 22)],
    ["Europe/Vienna", Date.UTC(2026, 9, 24, 22)],
    ["America/New_York", Date.UTC(2026, 10, 1, 4)],
    ["Australia/Lord_Howe", Date.UTC(2026, 3, 4, 12)],
    ["Asia/Kathmandu", Date.UTC(2026, 11, 31, 12)],
    ["Pacific/Kiritimati", Date.UTC(2028, 1, 28, 6)],
    ["UTC", Date.UTC(2027, 1, 28, 14)],
  ) as fc.Arbitrary<[string, number]>;
  const HORIZON = 10 * 60;
  let found = 0;
  fc.assert(
    fc.property(cron, place, fc.nat(300), fc.nat(59_999), (expression, [timeZone, base], m, ms) => {
      const after = base + m * 60_000 + ms;
      const first = Math.floor(after / 60_000) * 60_000;
      let expected: number | undefined;
      for (let i = 1; i <= HORIZON && expected === undefined; i += 1) {
        const minute = first + i * 60_000;
        if (ticksAt(expression, minute, timeZone)) expected = minute;
      }
      const tick = nextTick({ expression, timeZone }, new Date(after))?.getTime() ?? Infinity;
      if (expected === undefined) {
        expect(tick).toBeGreaterThan(first + HORIZON * 60_000);
      } else {
        found += 1;
        expect(tick, `${expression} ${timeZone} ${new Date(after).toISOString()}`).toBe(expected);
      }
    }),
    { numRuns: 600, seed: 11 },
  );
  expect(found).toBeGreaterThan(200);
});

test("of any days, the next tick is the first day on which the service ticks", () => {
  const days = fc.constantFrom(
    ...["L * ?", "31 * ?", "1W * ?", "15W */2 ?", "30W * ?", "31W * ?", "1-7,20 FEB-APR ?"],
    ...["? * 2#1", "? * 6#5", "? 2,8 4L", "? * SAT", "? * 2-4,SUN", "29 2 ?", "? JUL L"],
  );
  fc.assert(
    fc.property(days, fc.integer({ min: 0, max: 4 * 365 }), (day, offset) => {
      const expression = `cron(0 12 ${day} *)`;
      const after = Date.UTC(2026, 0, 1, 12) + offset * 86_400_000;
      let expected = after + 86_400_000;
      while (!ticksAt(expression, expected, "UTC")) expected += 86_400_000;
      expect(nextTick({ expression }, new Date(after))?.getTime(), expression).toBe(expected);
    }),
    { numRuns: 400, seed: 3 },
  );
});
