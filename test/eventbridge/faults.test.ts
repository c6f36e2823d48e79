import { inspect } from "node:util";
import type { SchedulerClient } from "@aws-sdk/client-scheduler";
import { expect, test } from "vitest";
import { eventBridge, ScheduleError } from "../../src/eventbridge/index.ts";
import { bridgeTo, doubleFor, requestsOf, TARGET } from "./support.ts";

const at = (text: string) => new Date(`2026-11-21T${text}Z`);
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "no error",
    (error) => (error instanceof ScheduleError ? error.code : `${error}`),
  );

test("throttling and failures of the service are tried again by the SDK, three times in all", async () => {
  const double = await doubleFor();
  const bridge = bridgeTo(double);
  double.inject("GetSchedule", "throttle", "fail");
  double.inject("CreateSchedule", "fail", "lose-request");
  expect(await bridge.ensureSchedule()).toBe("created");
  expect(double.requests).toEqual([
    ...["GetSchedule", "GetSchedule", "GetSchedule"],
    ...["CreateSchedule", "CreateSchedule", "CreateSchedule"],
  ]);
});

test("what stays is an error with a stable code, and the SDK's own as its cause", async () => {
  const double = await doubleFor();
  const bridge = bridgeTo(double);
  double.inject("GetSchedule", "throttle", "throttle", "throttle");
  const error = await bridge.ensureSchedule().catch((error) => error);
  expect(error).toMatchObject({ name: "ScheduleError", code: "throttled" });
  expect(error.cause).toMatchObject({ name: "ThrottlingException" });
  expect(error.message).toBe(
    'GetSchedule of "orders" failed: ThrottlingException. Try again later.',
  );
  double.inject("GetSchedule", "fail", "fail", "fail");
  expect(await codeOf(bridge.ensureSchedule())).toBe("unavailable");
  double.inject("GetSchedule", "lose-request", "lose-request", "lose-request");
  expect(await codeOf(bridge.ensureSchedule())).toBe("unavailable");
  expect(await codeOf(bridgeTo(double, { group: "nobody" }).ensureSchedule())).toBe("not_found");
  double.rights.delete("scheduler:GetSchedule");
  expect(await codeOf(bridge.ensureSchedule())).toBe("denied");
});

test("a schedule whose answer was lost is not made twice: the SDK's next try has the same token", async () => {
  const double = await doubleFor();
  const bridge = bridgeTo(double);
  double.inject("CreateSchedule", "lose-answer");
  expect(await bridge.ensureSchedule()).toBe("created");
  double.inject("CreateSchedule", "lose-answer");
  expect(await bridge.wakeAt(at("09:15:00"))).toMatchObject({ created: true });
  expect(double.schedules.size).toBe(2);
  double.inject("UpdateSchedule", "lose-answer");
  expect(await bridgeTo(double, { description: "Orders" }).ensureSchedule()).toBe("updated");
});

test("where every answer was lost, to ask again finds what was done", async () => {
  const double = await doubleFor();
  const bridge = bridgeTo(double);
  const lost = ["lose-answer", "lose-answer", "lose-answer"] as const;
  double.inject("CreateSchedule", ...lost);
  expect(await codeOf(bridge.ensureSchedule())).toBe("unavailable");
  expect(await bridge.ensureSchedule()).toBe("unchanged");
  double.inject("CreateSchedule", ...lost);
  expect(await codeOf(bridge.wakeAt(at("09:15:00")))).toBe("unavailable");
  expect(await bridge.wakeAt(at("09:15:00"))).toMatchObject({ created: false });
  double.inject("DeleteSchedule", ...lost);
  expect(await codeOf(bridge.remove())).toBe("unavailable");
  expect(await bridge.remove()).toEqual(["orders.at-20261121T0915"]);
  expect(double.schedules.size).toBe(0);
});

test("a schedule that somebody makes in between is taken, and brought to what the options say", async () => {
  const double = await doubleFor();
  const bridge = bridgeTo(double, { expression: "rate(5 minutes)" });
  const theirs = {
    ScheduleExpression: "rate(2 hours)",
    FlexibleTimeWindow: { Mode: "OFF" },
    Target: { Arn: TARGET.arn, RoleArn: TARGET.roleArn },
  };
  double.before("CreateSchedule", () => double.put("orders", theirs));
  expect(await bridge.ensureSchedule()).toBe("updated");
  expect(double.requests).toEqual([
    ...["GetSchedule", "CreateSchedule"],
    ...["GetSchedule", "UpdateSchedule"],
  ]);
  expect(double.get("orders")?.ScheduleExpression).toBe("rate(5 minutes)");
});

test("a schedule that somebody removes in between is made anew", async () => {
  const double = await doubleFor();
  await bridgeTo(double).ensureSchedule();
  double.before("UpdateSchedule", () => double.schedules.clear());
  expect(await bridgeTo(double, { expression: "rate(5 minutes)" }).ensureSchedule()).toBe(
    "created",
  );
});

test("an update that meets a conflict is made from what is there then, four times at most", async () => {
  const double = await doubleFor();
  await bridgeTo(double).ensureSchedule();
  const bridge = bridgeTo(double, { expression: "rate(5 minutes)" });
  double.inject("UpdateSchedule", "conflict", "conflict");
  double.before("UpdateSchedule", () => {
    const found = double.get("orders");
    if (found !== undefined) double.put("orders", { ...found, Description: "Theirs" });
  });
  expect(await bridge.ensureSchedule()).toBe("updated");
  expect(double.get("orders")).toMatchObject({
    ScheduleExpression: "rate(5 minutes)",
    Description: "Theirs",
  });
  double.inject("UpdateSchedule", "conflict", "conflict", "conflict", "conflict");
  const requests = await requestsOf(double, async () => {
    expect(await codeOf(bridge.pause())).toBe("conflict");
  });
  expect(requests).toHaveLength(8);
});

test("a removal that fails in the middle can be repeated, and then nothing is left", async () => {
  const double = await doubleFor();
  const bridge = bridgeTo(double);
  await bridge.ensureSchedule();
  await bridge.wakeAt(at("09:10:00"));
  await bridge.wakeAt(at("09:20:00"));
  double.inject("ListSchedules", "throttle", "throttle", "throttle");
  expect(await codeOf(bridge.remove())).toBe("throttled");
  expect(double.get("orders")).toBeUndefined(); // the ticks ended first
  expect(await bridge.remove()).toHaveLength(2);
  expect(double.schedules.size).toBe(0);
});

test("a service that never answers is given up after the timeout", async () => {
  const double = await doubleFor();
  const bridge = bridgeTo(double, { timeout: 50 });
  double.inject("GetSchedule", "hang");
  expect(await codeOf(bridge.ensureSchedule())).toBe("unavailable");
  double.inject("ListSchedules", "hang");
  expect(await codeOf(bridge.list())).toBe("unavailable");
});

test("answers that are no schedules end in an error of ours, and a list without an end ends", async () => {
  const client = { send: async () => ({ NextToken: "again" }) } as unknown as SchedulerClient;
  const odd = eventBridge({ client, name: "orders", target: TARGET });
  expect(await codeOf(odd.list())).toBe("unavailable");
  const broken = { send: async () => JSON.parse("<html>") } as unknown as SchedulerClient;
  expect(
    await codeOf(eventBridge({ client: broken, name: "orders", target: TARGET }).pause()),
  ).toBe("unavailable");
});

test("no error shows the target's input or the credentials", async () => {
  const double = await doubleFor();
  const target = { ...TARGET, input: { token: "input-of-the-user" } };
  const bridge = bridgeTo(double, { target });
  double.rights.delete("iam:PassRole");
  const denied = await bridge.ensureSchedule().catch((error) => error);
  expect(denied.code).toBe("denied");
  double.inject("CreateSchedule", "lose-request", "lose-request", "lose-request");
  const lost = await bridge.wakeAt(at("09:15:00")).catch((error) => error);
  expect(lost.code).toBe("unavailable");
  for (const error of [denied, lost]) {
    const shown = `${inspect(error, { depth: 3 })} ${JSON.stringify(error)}`;
    expect(shown).not.toMatch(/input-of-the-user|secret-access-key/);
  }
});
