import { expect, test } from "vitest";
import { bridgeTo, doubleFor, requestsOf, TARGET } from "./support.ts";

const at = (text: string) => new Date(`2026-11-21T${text}Z`);

test("a wake is one call: a schedule for the minute that follows, deleted when it has run", async () => {
  const double = await doubleFor(); // 09:00:30
  const target = { ...TARGET, input: { queue: "orders" } };
  const requests = await requestsOf(double, async () => {
    expect(await bridgeTo(double, { target }).wakeAt(at("09:14:00.001"))).toEqual({
      name: "orders.at-20261121T0915",
      at: at("09:15:00"),
      created: true,
    });
  });
  expect(requests).toEqual(["CreateSchedule"]);
  expect(double.get("orders.at-20261121T0915")).toMatchObject({
    ScheduleExpression: "at(2026-11-21T09:15:00)",
    ScheduleExpressionTimezone: "UTC",
    State: "ENABLED",
    FlexibleTimeWindow: { Mode: "OFF" },
    ActionAfterCompletion: "DELETE",
    Target: { Arn: TARGET.arn, RoleArn: TARGET.roleArn, Input: '{"queue":"orders"}' },
  });
  await double.advanceTo(at("09:14:59").getTime());
  expect(double.invocations).toEqual([]);
  await double.advanceTo(at("09:20:00").getTime());
  expect(double.invocations).toMatchObject([
    { at: at("09:15:00").getTime(), arn: TARGET.arn, payload: { queue: "orders" } },
  ]);
  expect(double.schedules.size).toBe(0);
});

test("many passes that ask for one minute make one wake, and each asks once", async () => {
  const double = await doubleFor();
  const times = ["09:14:01", "09:14:30", "09:14:59.999", "09:15:00"];
  const wakes = await Promise.all(times.map((time) => bridgeTo(double).wakeAt(at(time))));
  expect(wakes.map(({ at }) => at)).toEqual(times.map(() => at("09:15:00")));
  expect(wakes.filter(({ created }) => created)).toHaveLength(1);
  expect(double.schedules.size).toBe(1);
  expect(double.requests).toHaveLength(4);
});

test("a time that is over, now or too near for its minute is the next minute that can be reached", async () => {
  const double = await doubleFor(); // 09:00:30
  const bridge = bridgeTo(double);
  for (const time of ["08:00:00", "09:00:30", "09:00:45", "09:01:00"]) {
    expect((await bridge.wakeAt(at(time))).at).toEqual(at("09:01:00"));
  }
  await double.advanceTo(at("09:01:55").getTime());
  expect((await bridge.wakeAt(at("09:02:00"))).at).toEqual(at("09:03:00"));
});

test("a wake that has run can be asked for anew, and so can one that was removed", async () => {
  const double = await doubleFor();
  const bridge = bridgeTo(double);
  await bridge.wakeAt(at("09:15:00"));
  await bridge.remove();
  expect(await bridge.wakeAt(at("09:15:00"))).toMatchObject({ created: true });
  await double.advanceTo(at("09:16:00").getTime());
  expect(double.invocations).toHaveLength(1);
});

test("listing names the schedule and its wakes, page by page, and nobody else's", async () => {
  const double = await doubleFor({ pageSize: 2 });
  const bridge = bridgeTo(double, { group: "drains" });
  await bridge.ensureSchedule();
  for (const time of ["09:20:00", "09:10:00", "09:30:00"]) await bridge.wakeAt(at(time));
  for (const name of ["orders-new", "orders.at-2026", "orders.archive", "order"]) {
    await bridgeTo(double, { name, group: "drains" }).ensureSchedule();
  }
  await bridgeTo(double).wakeAt(at("09:40:00")); // of the other group
  expect(await bridge.list()).toEqual([
    { name: "orders", kind: "recurring", enabled: true, at: undefined },
    { name: "orders.at-20261121T0910", kind: "wake", enabled: true, at: at("09:10:00") },
    { name: "orders.at-20261121T0920", kind: "wake", enabled: true, at: at("09:20:00") },
    { name: "orders.at-20261121T0930", kind: "wake", enabled: true, at: at("09:30:00") },
  ]);
  const requests = await requestsOf(double, bridge.list);
  expect(requests).toEqual(Array.from({ length: 4 }, () => "ListSchedules"));
});

test("removing takes the schedule and its wakes, and nobody else's; to repeat it is nothing", async () => {
  const double = await doubleFor({ pageSize: 2 });
  const bridge = bridgeTo(double);
  await bridge.ensureSchedule();
  for (const time of ["09:10:00", "09:20:00", "09:30:00"]) await bridge.wakeAt(at(time));
  await bridgeTo(double, { name: "orders-new" }).ensureSchedule();
  expect(await bridge.remove()).toEqual([
    "orders",
    "orders.at-20261121T0910",
    "orders.at-20261121T0920",
    "orders.at-20261121T0930",
  ]);
  expect([...double.schedules.keys()]).toEqual(["default/orders-new"]);
  expect(await bridge.remove()).toEqual([]);
});

test("pausing removes the wakes, so that nothing runs until it is resumed", async () => {
  const double = await doubleFor();
  const bridge = bridgeTo(double, { expression: "rate(10 minutes)" });
  await bridge.ensureSchedule();
  await bridge.wakeAt(at("09:05:00"));
  await bridge.pause();
  await double.advanceTo(at("10:00:00").getTime());
  expect(double.invocations).toEqual([]);
  expect(await bridge.list()).toMatchObject([{ name: "orders", enabled: false }]);
  await bridge.resume();
  await double.advanceTo(at("10:30:00").getTime());
  expect(double.invocations).toHaveLength(3);
});
