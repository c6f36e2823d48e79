import { expect, test } from "vitest";
import { backlogOf, chooseStep, resolveCadence } from "../../src/eventbridge/cadence.ts";
import type { DrainReport } from "../../src/index.ts";
import { bridgeTo, doubleFor, reportWith, requestsOf } from "./support.ts";

const MINUTE = 60_000;
const [EACH, FIVE, QUARTER] = ["cron(* * * * ? *)", "cron(0/5 * * * ? *)", "cron(0/15 * * * ? *)"];
const busy = reportWith({ claimed: 3, completed: 3 });
const idle = reportWith();

test("passes are busy where any found work, idle where all saw that there is none", () => {
  const backlog = (...reports: readonly DrainReport[]) => backlogOf(reports, 0, MINUTE);
  expect(backlog(idle, busy)).toBe("busy");
  expect(backlog(reportWith({ more: true, stopped: "deadline" }))).toBe("busy");
  expect(backlog(idle, idle)).toBe("idle");
  expect(backlog(idle, reportWith({ stopped: "store" }))).toBe("unknown");
  expect(backlog(reportWith({ stopped: "aborted" }))).toBe("unknown");
  expect(backlog()).toBe("unknown");
});

test("a message that is due too soon for a wake keeps the queue busy", () => {
  const dueIn = (ms: number) => backlogOf([reportWith({ nextDueAt: new Date(ms) })], 0, MINUTE);
  expect(dueIn(MINUTE - 1)).toBe("busy");
  expect(dueIn(MINUTE)).toBe("idle");
});

test("a busy pass goes to the first step at once, idle ones go on one step at a time, patiently", () => {
  const cadence = resolveCadence({ patience: "5 m" });
  const choose = (
    current: string | undefined,
    backlog: "busy" | "idle" | "unknown",
    held: number,
  ) => chooseStep(cadence, current, backlog, held);
  expect(choose(QUARTER, "busy", 0)).toBe(EACH);
  expect(choose(EACH, "idle", 5 * MINUTE - 1)).toBe(EACH);
  expect(choose(EACH, "idle", 5 * MINUTE)).toBe(FIVE);
  expect(choose(FIVE, "idle", 5 * MINUTE)).toBe(QUARTER);
  expect(choose(QUARTER, "idle", 60 * MINUTE)).toBe(QUARTER);
  expect(choose(FIVE, "unknown", 60 * MINUTE)).toBe(FIVE);
  expect(choose("rate(7 minutes)", "idle", 0)).toBe(EACH);
});

test("following is one call where nothing changes, two where the cadence does, none without one", async () => {
  const double = await doubleFor();
  const bridge = bridgeTo(double, { cadence: {} });
  await bridge.ensureSchedule();
  const follow = (report: typeof idle) =>
    requestsOf(double, async () => void (await bridge.follow(report)));
  expect(await follow(busy)).toEqual(["GetSchedule"]);
  expect(await follow(idle)).toEqual(["GetSchedule"]); // not patient enough
  await double.advanceTo(double.now() + 5 * MINUTE);
  expect(await follow(idle)).toEqual(["GetSchedule", "UpdateSchedule"]);
  expect(double.get("orders")?.ScheduleExpression).toBe(FIVE);
  expect(await follow(idle)).toEqual(["GetSchedule"]);
  expect(await follow(busy)).toEqual(["GetSchedule", "UpdateSchedule"]);
  expect(double.get("orders")?.ScheduleExpression).toBe(EACH);
  const fixed = bridgeTo(double, { expression: "rate(1 minute)" });
  expect(await requestsOf(double, () => fixed.follow(busy))).toEqual([]);
});

test("a night without messages: fewer ticks, and each minute again with the first message", async () => {
  let waiting = 0;
  const ticks: string[] = [];
  const double = await doubleFor({
    start: Date.UTC(2026, 10, 21, 1, 0, 30),
    invoke: async () => {
      ticks.push(new Date(double.now()).toISOString().slice(11, 16));
      const claimed = waiting;
      waiting = 0;
      await bridge.afterPass(reportWith({ claimed, completed: claimed }));
    },
  });
  const bridge = bridgeTo(double, { cadence: {} });
  await bridge.ensureSchedule();
  await double.advanceTo(Date.UTC(2026, 10, 21, 2, 1));
  expect(ticks).toEqual([
    ...["01:01", "01:02", "01:03", "01:04", "01:05", "01:06"], // patient
    ...["01:10", "01:15"],
    ...["01:30", "01:45", "02:00"],
  ]);
  waiting = 3;
  ticks.length = 0;
  await double.advanceTo(Date.UTC(2026, 10, 21, 2, 18));
  expect(ticks).toEqual(["02:15", "02:16", "02:17", "02:18"]);
});

test("a schedule that is paused, or not there, is left alone", async () => {
  const double = await doubleFor();
  const bridge = bridgeTo(double, { cadence: {} });
  expect(await bridge.follow(busy)).toBe("unchanged");
  expect(double.schedules.size).toBe(0);
  await bridgeTo(double, { expression: QUARTER }).ensureSchedule();
  await bridge.pause();
  expect(await bridge.follow(busy)).toBe("unchanged");
  expect(double.get("orders")).toMatchObject({ State: "DISABLED", ScheduleExpression: QUARTER });
});

test("a schedule that is over is left alone", async () => {
  const double = await doubleFor();
  const bridge = bridgeTo(double, { cadence: {}, end: new Date("2026-11-21T10:00:00Z") });
  await bridge.ensureSchedule();
  await double.advanceTo(Date.UTC(2026, 10, 21, 11));
  expect(await requestsOf(double, () => bridge.follow(idle))).toEqual(["GetSchedule"]);
});

test("following changes the expression and nothing else", async () => {
  const double = await doubleFor();
  const bridge = bridgeTo(double, {
    cadence: {},
    description: "Orders",
    timeZone: "Europe/Vienna",
  });
  await bridge.ensureSchedule();
  const before = double.get("orders");
  await double.advanceTo(double.now() + 10 * MINUTE);
  expect(await bridge.follow([idle, idle])).toBe("updated");
  expect(double.get("orders")).toEqual({
    ...before,
    ScheduleExpression: FIVE,
    LastModificationDate: double.now() / 1_000,
  });
});
