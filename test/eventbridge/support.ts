import { SchedulerClient } from "@aws-sdk/client-scheduler";
import { onTestFinished } from "vitest";
import {
  type EventBridge,
  type EventBridgeOptions,
  eventBridge,
} from "../../src/eventbridge/index.ts";
import type { Clock, DrainReport } from "../../src/index.ts";
import { createTally, writeReport } from "../../src/report.ts";
import { type SchedulerDouble, startSchedulerDouble } from "./scheduler-double.ts";

export const TARGET = {
  arn: "arn:aws:lambda:eu-central-1:123456789012:function:inbox-drain",
  roleArn: "arn:aws:iam::123456789012:role/tick",
} as const;

/** The SDK's client for a double, with the SDK's own tries. */
export function clientOf(double: { readonly url: string }): SchedulerClient {
  const client = new SchedulerClient({
    region: "eu-central-1",
    endpoint: double.url,
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret-access-key" },
  });
  onTestFinished(() => client.destroy());
  return client;
}

/** A double of its own for a test. */
export async function doubleFor(
  options: Parameters<typeof startSchedulerDouble>[0] = {},
): Promise<SchedulerDouble> {
  const double = await startSchedulerDouble(options);
  onTestFinished(() => double.stop());
  return double;
}

/** The double's time; no wait takes any, and what is drawn differs. */
export function clockOf(double: SchedulerDouble): Clock {
  return { now: double.now, random: Math.random, sleep: async () => {} };
}

/** The library against a double, at the double's time. */
export function bridgeTo(
  double: SchedulerDouble,
  options: Partial<EventBridgeOptions> = {},
): EventBridge {
  const client = clientOf(double);
  return eventBridge({
    client,
    name: "orders",
    target: TARGET,
    clock: clockOf(double),
    ...options,
  });
}

/** The report of a pass that found nothing, but for what is given. */
export function reportWith(given: Partial<DrainReport> = {}): DrainReport {
  const ending = {
    stopped: "empty",
    more: false,
    polls: 0,
    continued: false,
    turns: 1,
    requests: 1,
    elapsedMs: 5,
    error: undefined,
  } as const;
  return { ...writeReport([createTally("orders")], ending), ...given };
}

/** The requests that an operation makes, the SDK's own tries included. */
export async function requestsOf(
  double: SchedulerDouble,
  operation: () => Promise<unknown>,
): Promise<readonly string[]> {
  const before = double.requests.length;
  await operation();
  return double.requests.slice(before);
}
