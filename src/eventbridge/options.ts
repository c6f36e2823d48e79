import type { FlexibleTimeWindow, SchedulerClient } from "@aws-sdk/client-scheduler";
import { type Duration, milliseconds } from "../duration.ts";
import { OptionError } from "../errors.ts";
import { onlyKnown, refuse, refuseKind } from "../expect.ts";
import type { Clock } from "../store.ts";
import { type CadenceOptions, type ResolvedCadence, resolveCadence } from "./cadence.ts";
import { description, keyArn, scheduleName, unlessNull, wholeSecond } from "./checks.ts";
import { systemClock } from "./clock.ts";
import { recurringExpression } from "./expression.ts";
import { type ResolvedTarget, resolveTarget, type ScheduleTarget } from "./target.ts";
import { timeZoneName } from "./time-zone.ts";
import { WAKE_SUFFIX_LENGTH } from "./wake-name.ts";

/** A recurring drain and its wakes. What is not given stays as the service has it; `null` removes it. */
export interface EventBridgeOptions {
  /** Its credentials and its tries are the ones in force. */
  readonly client: Pick<SchedulerClient, "send">;
  /** The recurring schedule's name, at most 47 characters; the names of wakes begin with it. */
  readonly name: string;
  /** The group of all its schedules, which has to be there. @default "default" */
  readonly group?: string;
  readonly target: ScheduleTarget;
  /** `rate(…)` or `cron(…)`, where no `cadence` is given. @default "rate(1 minute)" */
  readonly expression?: string;
  /** Lets the schedule follow the backlog; `{}` takes the defaults. */
  readonly cadence?: CadenceOptions;
  /** Where cron expressions are read. @default the service's, UTC */
  readonly timeZone?: string;
  /** How late the service may tick to spread its load: whole minutes up to `1 d`, or 0 for none. */
  readonly flexibleWindow?: Duration;
  readonly start?: Date | null;
  readonly end?: Date | null;
  readonly description?: string | null;
  /** The key that the service encrypts the schedules with. */
  readonly kmsKeyArn?: string | null;
  /**
   * How far off a message has to be due for a wake; nearer ones are for the pass itself or for its
   * continuation. Without either, 0 wakes for them too. @default "1 m"
   */
  readonly soonest?: Duration;
  /** How long an operation may take, the SDK's tries included. @default "5 s" */
  readonly timeout?: Duration;
  /** For tests. @default the system's */
  readonly clock?: Clock;
}

export interface ResolvedEventBridge {
  readonly client: EventBridgeOptions["client"];
  readonly name: string;
  readonly group: string;
  readonly target: ResolvedTarget;
  readonly cadence: ResolvedCadence;
  readonly timeZone: string | undefined;
  readonly window: FlexibleTimeWindow | undefined;
  readonly start: Date | null | undefined;
  readonly end: Date | null | undefined;
  readonly description: string | null | undefined;
  readonly kmsKeyArn: string | null | undefined;
  readonly soonestMs: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

const KNOWN = [
  ...["client", "name", "group", "target", "expression", "cadence", "timeZone", "flexibleWindow"],
  ...["start", "end", "description", "kmsKeyArn", "soonest", "timeout", "clock"],
];

const DAY_MS = 86_400_000;

export function resolveEventBridge(options: EventBridgeOptions): ResolvedEventBridge {
  onlyKnown("eventBridge", options, KNOWN);
  const { client, group = "default", timeZone, flexibleWindow, timeout = "5 s" } = options;
  if (typeof client?.send !== "function") refuseKind("client", "a SchedulerClient", client);
  const start = unlessNull(options.start, (given) => wholeSecond("start", given));
  const end = unlessNull(options.end, (given) => wholeSecond("end", given));
  if (start && end && start >= end) throw new OptionError("Expected `start` to be before `end`.");
  const isTooLong = "The names of wakes begin with it.";
  return {
    client,
    name: scheduleName("name", options.name, 64 - WAKE_SUFFIX_LENGTH, isTooLong),
    group: scheduleName("group", group),
    target: resolveTarget(options.target),
    cadence: cadenceOf(options),
    timeZone: timeZone === undefined ? undefined : timeZoneName("timeZone", timeZone),
    window: flexibleWindow === undefined ? undefined : windowOf(flexibleWindow),
    start,
    end,
    description: unlessNull(options.description, (given) => description("description", given)),
    kmsKeyArn: unlessNull(options.kmsKeyArn, (given) => keyArn("kmsKeyArn", given)),
    soonestMs: milliseconds("soonest", options.soonest ?? "1 m", { min: 0, max: DAY_MS }),
    timeoutMs: milliseconds("timeout", timeout, { min: 1, max: 900_000 }),
    clock: options.clock ?? systemClock,
  };
}

function cadenceOf({ expression, cadence }: EventBridgeOptions): ResolvedCadence {
  if (cadence === undefined) {
    return {
      steps: [recurringExpression("expression", expression ?? "rate(1 minute)")],
      patienceMs: 0,
    };
  }
  if (expression === undefined) return resolveCadence(cadence);
  throw new OptionError("Expected either `expression` or `cadence`, got both.");
}

function windowOf(flexibleWindow: Duration): FlexibleTimeWindow {
  const ms = milliseconds("flexibleWindow", flexibleWindow, { min: 0, max: DAY_MS });
  if (ms === 0) return { Mode: "OFF" };
  if (ms % 60_000 !== 0) refuse("flexibleWindow", "whole minutes", flexibleWindow);
  return { Mode: "FLEXIBLE", MaximumWindowInMinutes: ms / 60_000 };
}
