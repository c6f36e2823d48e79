import { expect, test } from "vitest";
import { type Recurrence, whenToWake } from "../../src/eventbridge/index.ts";

const at = (text: string) => new Date(`2026-11-21T${text}Z`);
const NOW = at("09:00:20");
const QUARTERLY: Recurrence = { expression: "cron(0/15 * * * ? *)" }; // next 09:15

const wake = (dues: readonly (string | undefined)[], recurrence = QUARTERLY, soonestMs?: number) =>
  whenToWake(
    dues.map((due) => ({ nextDueAt: due === undefined ? undefined : at(due) })),
    recurrence,
    NOW,
    soonestMs,
  );

test("the wake is the minute that is not before the due time", () => {
  expect(wake(["09:07:00"])).toEqual(at("09:07:00"));
  expect(wake(["09:07:00.001"])).toEqual(at("09:08:00"));
  expect(wake(["09:06:59"])).toEqual(at("09:07:00"));
});

test("where nothing waits, no wake is needed", () => {
  expect(wake([])).toBeUndefined();
  expect(wake([undefined, undefined])).toBeUndefined();
});

test("what is due less than a minute away is left to the pass or its continuation", () => {
  expect(wake(["09:01:19.999"])).toBeUndefined();
  expect(wake(["09:01:20"])).toEqual(at("09:02:00"));
  expect(wake(["08:59:00"])).toBeUndefined();
});

test("without a continuation, nearer ones can be asked for as well", () => {
  expect(wake(["09:00:30"], QUARTERLY, 0)).toEqual(at("09:01:00"));
  expect(wake(["09:02:30"], QUARTERLY, 300_000)).toBeUndefined();
});

test("what is due at or after the next tick needs no wake", () => {
  expect(wake(["09:13:59"])).toEqual(at("09:14:00"));
  expect(wake(["09:14:00.001"])).toBeUndefined(); // its minute is the tick's
  expect(wake(["09:15:00"])).toBeUndefined();
  expect(wake(["23:00:00"])).toBeUndefined();
});

test("of several queues the first one that is far enough counts", () => {
  expect(wake(["09:00:30", "09:09:00", undefined, "09:05:00"])).toEqual(at("09:05:00"));
});

test("with a tick each minute there is never a wake", () => {
  for (const expression of ["rate(1 minute)", "cron(* * * * ? *)"]) {
    expect(wake(["09:01:20"], { expression })).toBeUndefined();
    expect(wake(["09:30:00"], { expression })).toBeUndefined();
  }
});

test("a rate's next tick is no later than its interval from now, and known from its start", () => {
  const rate: Recurrence = { expression: "rate(15 minutes)" };
  expect(wake(["09:14:30"], rate)).toEqual(at("09:15:00"));
  expect(wake(["09:15:30"], rate)).toBeUndefined();
  const started = { ...rate, start: at("08:50:00") }; // ticks at 09:05
  expect(wake(["09:03:00"], started)).toEqual(at("09:03:00"));
  expect(wake(["09:06:00"], started)).toBeUndefined();
});

test("the next tick is the one of the schedule's own time zone", () => {
  const tenInVienna: Recurrence = {
    expression: "cron(0 10-12 * * ? *)",
    timeZone: "Europe/Vienna", // 10:00 there was 09:00 UTC
  };
  expect(wake(["09:59:00"], tenInVienna)).toEqual(at("09:59:00"));
  expect(wake(["10:01:00"], tenInVienna)).toBeUndefined();
});

test("after its end a schedule ticks no more, so that every message needs its wake", () => {
  const ended: Recurrence = { ...QUARTERLY, end: at("09:10:00") };
  expect(wake(["10:20:00"], ended)).toEqual(at("10:20:00"));
});
