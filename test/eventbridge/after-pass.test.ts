import { expect, test } from "vitest";
import { bridgeTo, doubleFor, reportWith, requestsOf } from "./support.ts";

const at = (text: string) => new Date(`2026-11-21T${text}Z`);
const due = (text: string) => reportWith({ claimed: 1, retried: 1, nextDueAt: at(text) });
const QUARTER = "cron(0/15 * * * ? *)";

test("a pass after which nothing waits, or only till the next tick, makes no call", async () => {
  const double = await doubleFor(); // 09:00:30
  const bridge = bridgeTo(double, { expression: QUARTER });
  await bridge.ensureSchedule();
  for (const report of [reportWith(), due("09:00:50"), due("09:15:00"), due("12:00:00")]) {
    const requests = await requestsOf(double, async () => {
      expect(await bridge.afterPass(report)).toEqual({ cadence: "unchanged", wake: undefined });
    });
    expect(requests).toEqual([]);
  }
});

test("a wake is two calls: a look at the schedule as it is, and the wake", async () => {
  const double = await doubleFor();
  const bridge = bridgeTo(double, { expression: QUARTER });
  await bridge.ensureSchedule();
  const requests = await requestsOf(double, async () => {
    const { wake } = await bridge.afterPass([reportWith(), due("09:06:10")]);
    expect(wake).toMatchObject({ at: at("09:07:00"), created: true });
  });
  expect(requests).toEqual(["GetSchedule", "CreateSchedule"]);
  await double.advanceTo(at("09:08:00").getTime());
  expect(double.invocations).toMatchObject([{ schedule: "orders.at-20261121T0907" }]);
});

test("a schedule that somebody made more frequent needs no wake", async () => {
  const double = await doubleFor();
  await bridgeTo(double, { expression: "rate(2 minutes)" }).ensureSchedule();
  const { wake } = await bridgeTo(double, { expression: QUARTER }).afterPass(due("09:06:10"));
  expect(wake).toBeUndefined();
});

test("a paused schedule is not woken", async () => {
  const double = await doubleFor();
  for (const options of [{ expression: QUARTER }, { cadence: {} }]) {
    const bridge = bridgeTo(double, options);
    await bridge.ensureSchedule();
    await bridge.pause();
    expect((await bridge.afterPass(due("09:06:10"))).wake).toBeUndefined();
  }
});

test("where the recurring schedule has another name, the options say when it ticks", async () => {
  const double = await doubleFor();
  const bridge = bridgeTo(double, { expression: QUARTER });
  expect((await bridge.afterPass(due("09:06:10"))).wake).toMatchObject({ at: at("09:07:00") });
  expect((await bridge.afterPass(due("09:20:00"))).wake).toBeUndefined();
});

test("with a cadence the wake goes by the step that is now in force, in one call more", async () => {
  const double = await doubleFor();
  const steps = ["cron(0/5 * * * ? *)", "cron(0 * * * ? *)"];
  const bridge = bridgeTo(double, { cadence: { steps, patience: 0 } });
  await bridge.ensureSchedule();
  const waits = reportWith({ nextDueAt: at("09:20:30") });
  const requests = await requestsOf(double, async () => {
    expect(await bridge.afterPass(waits)).toMatchObject({
      cadence: "updated", // from now on each hour
      wake: { at: at("09:21:00") },
    });
  });
  expect(requests).toEqual(["GetSchedule", "UpdateSchedule", "CreateSchedule"]);
  await double.advanceTo(at("09:10:10").getTime());
  const busy = await bridge.afterPass(due("09:20:30"));
  expect(busy).toEqual({ cadence: "updated", wake: undefined }); // 09:15 comes first
});

test("nearer messages are asked for where nothing else would take them", async () => {
  const double = await doubleFor();
  const bridge = bridgeTo(double, { expression: QUARTER, soonest: 0 });
  const { wake } = await bridge.afterPass(due("09:00:50"));
  expect(wake).toMatchObject({ at: at("09:01:00") });
});
