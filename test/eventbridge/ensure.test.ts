import { expect, test } from "vitest";
import type { EventBridgeOptions } from "../../src/eventbridge/index.ts";
import { bridgeTo, doubleFor, requestsOf, TARGET } from "./support.ts";

const OPTIONS: Partial<EventBridgeOptions> = {
  group: "drains",
  expression: "rate(5 minutes)",
  timeZone: "Europe/Vienna",
  flexibleWindow: "3 m",
  start: new Date("2026-11-22T00:00:00.750Z"),
  end: new Date("2027-11-22T00:00:00Z"),
  description: "Drains the orders",
  kmsKeyArn: "arn:aws:kms:eu-central-1:123456789012:alias/queues",
  target: {
    ...TARGET,
    input: { queue: "orders", maxMessages: 5_000 },
    retryPolicy: { maxAge: "60 s", maxAttempts: 2 },
    deadLetterArn: "arn:aws:sqs:eu-central-1:123456789012:failed-ticks",
  },
};

test("ensuring makes the schedule with everything that the options say, in two calls", async () => {
  const double = await doubleFor();
  const requests = await requestsOf(double, async () => {
    expect(await bridgeTo(double, OPTIONS).ensureSchedule()).toBe("created");
  });
  expect(requests).toEqual(["GetSchedule", "CreateSchedule"]);
  expect(double.get("orders", "drains")).toMatchObject({
    GroupName: "drains",
    ScheduleExpression: "rate(5 minutes)",
    ScheduleExpressionTimezone: "Europe/Vienna",
    FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 3 },
    StartDate: Date.UTC(2026, 10, 22) / 1_000,
    EndDate: Date.UTC(2027, 10, 22) / 1_000,
    Description: "Drains the orders",
    State: "ENABLED",
    KmsKeyArn: "arn:aws:kms:eu-central-1:123456789012:alias/queues",
    ActionAfterCompletion: "NONE",
    Target: {
      ...{ Arn: TARGET.arn, RoleArn: TARGET.roleArn },
      Input: '{"queue":"orders","maxMessages":5000}',
      RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 2 },
      DeadLetterConfig: { Arn: "arn:aws:sqs:eu-central-1:123456789012:failed-ticks" },
    },
  });
});

test("ensuring again changes nothing, in one call, whatever defaults the service filled in", async () => {
  const double = await doubleFor();
  for (const options of [OPTIONS, {}, { flexibleWindow: 0 }]) {
    const bridge = bridgeTo(double, { name: `n${Object.keys(options).length}`, ...options });
    await bridge.ensureSchedule();
    const requests = await requestsOf(double, async () => {
      expect(await bridge.ensureSchedule()).toBe("unchanged");
    });
    expect(requests).toEqual(["GetSchedule"]);
  }
});

test("a change is one update, and what the options do not say is kept", async () => {
  const double = await doubleFor();
  await bridgeTo(double, OPTIONS).ensureSchedule();
  const before = double.get("orders", "drains");
  const requests = await requestsOf(double, async () => {
    const less = bridgeTo(double, {
      group: "drains",
      expression: "rate(10 minutes)",
      target: { ...TARGET, retryPolicy: { maxAttempts: 3 } },
    });
    expect(await less.ensureSchedule()).toBe("updated");
  });
  expect(requests).toEqual(["GetSchedule", "UpdateSchedule"]);
  expect(double.get("orders", "drains")).toEqual({
    ...before,
    ScheduleExpression: "rate(10 minutes)",
    Target: {
      ...before?.Target,
      RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 3 },
    },
    LastModificationDate: double.now() / 1_000,
  });
});

test("null removes what a schedule has", async () => {
  const double = await doubleFor();
  await bridgeTo(double, OPTIONS).ensureSchedule();
  const nothing = bridgeTo(double, {
    ...OPTIONS,
    ...{ start: null, end: null, description: null, kmsKeyArn: null },
    target: { ...TARGET, input: null, deadLetterArn: null },
  });
  expect(await nothing.ensureSchedule()).toBe("updated");
  const found = double.get("orders", "drains");
  for (const field of ["StartDate", "EndDate", "Description", "KmsKeyArn"]) {
    expect(found).not.toHaveProperty(field);
  }
  expect(found?.Target).not.toHaveProperty("Input");
  expect(found?.Target).not.toHaveProperty("DeadLetterConfig");
  expect(await nothing.ensureSchedule()).toBe("unchanged");
});

test("a start that is long over is not sent again, and makes no difference", async () => {
  const double = await doubleFor();
  const bridge = bridgeTo(double, OPTIONS);
  await bridge.ensureSchedule();
  await double.advanceTo(Date.UTC(2026, 11, 1));
  expect(await bridge.ensureSchedule()).toBe("unchanged");
  const other = bridgeTo(double, { ...OPTIONS, description: "Another" });
  expect(await other.ensureSchedule()).toBe("updated");
  expect(double.get("orders", "drains")).not.toHaveProperty("StartDate");
  expect(await other.ensureSchedule()).toBe("unchanged");
  expect(await bridgeTo(double, { ...OPTIONS, name: "late" }).ensureSchedule()).toBe("created");
});

test("dates are compared to the second, as the service keeps them", async () => {
  const double = await doubleFor();
  const end = new Date("2027-11-22T00:00:00.250Z");
  const bridge = bridgeTo(double, { end });
  await bridge.ensureSchedule();
  const found = double.get("orders") ?? expect.fail("It is not there.");
  double.put("orders", { ...found, EndDate: end.getTime() / 1_000 });
  expect(await bridge.ensureSchedule()).toBe("unchanged");
});

test("a target of another kind leaves nothing of the old one behind", async () => {
  const double = await doubleFor();
  double.put("orders", {
    ScheduleExpression: "rate(1 minute)",
    FlexibleTimeWindow: { Mode: "OFF" },
    Target: {
      Arn: "arn:aws:sqs:eu-central-1:123456789012:ticks",
      RoleArn: TARGET.roleArn,
      Input: '"tick"',
      // Parameters of a queue as a target: a function has none.
      ...{ SqsParameters: { MessageGroupId: "ticks" } },
    },
  });
  const bridge = bridgeTo(double, { target: { ...TARGET, input: { queue: "orders" } } });
  expect(await bridge.ensureSchedule()).toBe("updated");
  expect(double.get("orders")?.Target).toEqual({
    ...{ Arn: TARGET.arn, RoleArn: TARGET.roleArn, Input: '{"queue":"orders"}' },
    RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
  });
});

test("a paused schedule stays paused when it is changed", async () => {
  const double = await doubleFor();
  await bridgeTo(double).ensureSchedule();
  await bridgeTo(double).pause();
  expect(await bridgeTo(double, { expression: "rate(2 hours)" }).ensureSchedule()).toBe("updated");
  expect(double.get("orders")).toMatchObject({ State: "DISABLED" });
});

test("a schedule with a cadence stays at the step that it is at", async () => {
  const double = await doubleFor();
  const steps = ["rate(1 minute)", "rate(10 minutes)"];
  await bridgeTo(double, { expression: "rate(10 minutes)" }).ensureSchedule();
  const bridge = bridgeTo(double, { cadence: { steps } });
  expect(await bridge.ensureSchedule()).toBe("unchanged");
  await bridgeTo(double, { expression: "rate(7 minutes)" }).ensureSchedule();
  expect(await bridge.ensureSchedule()).toBe("updated");
  expect(double.get("orders")?.ScheduleExpression).toBe("rate(1 minute)");
});

test("two that ensure at once make one schedule, and both succeed", async () => {
  const double = await doubleFor();
  const bridge = bridgeTo(double);
  const both = await Promise.all([bridge.ensureSchedule(), bridge.ensureSchedule()]);
  expect([...both].sort()).toEqual(["created", "unchanged"]);
});

test("pausing looks twice, resuming once, and both keep the rest", async () => {
  const double = await doubleFor();
  const bridge = bridgeTo(double, OPTIONS);
  await bridge.ensureSchedule();
  const { LastModificationDate: _, ...before } = double.get("orders", "drains") ?? {};
  const update = ["GetSchedule", "UpdateSchedule"];
  const look = ["GetSchedule", "ListSchedules"];
  expect(await requestsOf(double, bridge.pause)).toEqual([...update, "ListSchedules", ...look]);
  expect(double.get("orders", "drains")).toMatchObject({ ...before, State: "DISABLED" });
  expect(await requestsOf(double, bridge.pause)).toEqual([...look, ...look]);
  expect(await requestsOf(double, bridge.resume)).toEqual(update);
  expect(double.get("orders", "drains")).toMatchObject({ ...before, State: "ENABLED" });
  expect(await requestsOf(double, bridge.resume)).toEqual(["GetSchedule"]);
});

test("a schedule that is not there cannot be paused or resumed", async () => {
  const double = await doubleFor();
  for (const operation of [bridgeTo(double).pause, bridgeTo(double).resume]) {
    await expect(operation()).rejects.toMatchObject({ name: "ScheduleError", code: "not_found" });
  }
});
