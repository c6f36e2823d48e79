import type { GetScheduleCommandOutput } from "@aws-sdk/client-scheduler";
import type { ScheduleBody } from "./calls.ts";
import { atExpression } from "./expression.ts";
import type { ResolvedEventBridge } from "./options.ts";
import { mergeTarget } from "./target.ts";

/** The service takes no start that is further back, 5 minutes; a minute less for clocks that differ. */
const OLDEST_START_MS = 4 * 60_000;

/** What of a schedule an update has to repeat, since it replaces every field. */
export function bodyOf(found: GetScheduleCommandOutput): ScheduleBody {
  return {
    ScheduleExpression: found.ScheduleExpression,
    ScheduleExpressionTimezone: found.ScheduleExpressionTimezone,
    StartDate: found.StartDate,
    EndDate: found.EndDate,
    Description: found.Description,
    State: found.State,
    KmsKeyArn: found.KmsKeyArn,
    Target: found.Target,
    FlexibleTimeWindow: found.FlexibleTimeWindow,
    ActionAfterCompletion: found.ActionAfterCompletion,
  };
}

/**
 * The recurring schedule as it shall be. Whether it is paused, and which step of the cadence it is at,
 * stays as it was found.
 */
export function recurringBody(
  found: ScheduleBody | undefined,
  wanted: ResolvedEventBridge,
): ScheduleBody {
  const { steps } = wanted.cadence;
  const isStep = steps.includes(found?.ScheduleExpression ?? "");
  return {
    ...found,
    ScheduleExpression: isStep ? found?.ScheduleExpression : steps[0],
    ScheduleExpressionTimezone: wanted.timeZone ?? found?.ScheduleExpressionTimezone,
    StartDate: given(wanted.start, found?.StartDate),
    EndDate: given(wanted.end, found?.EndDate),
    Description: given(wanted.description, found?.Description),
    State: found?.State ?? "ENABLED",
    KmsKeyArn: given(wanted.kmsKeyArn, found?.KmsKeyArn),
    Target: mergeTarget(found?.Target, wanted.target),
    FlexibleTimeWindow: wanted.window ?? found?.FlexibleTimeWindow ?? { Mode: "OFF" },
    ActionAfterCompletion: found?.ActionAfterCompletion ?? "NONE",
  };
}

/** A wake: once, at a whole minute in UTC, and deleted when it has run. */
export function wakeBody(minute: Date, wanted: ResolvedEventBridge): ScheduleBody {
  return {
    ScheduleExpression: atExpression(minute),
    ScheduleExpressionTimezone: "UTC",
    State: "ENABLED",
    Description: `Wakes ${wanted.name} for a message that is due`,
    KmsKeyArn: wanted.kmsKeyArn ?? undefined,
    Target: mergeTarget(undefined, wanted.target),
    FlexibleTimeWindow: { Mode: "OFF" },
    ActionAfterCompletion: "DELETE",
  };
}

/** Without a start that is over: it has done its work, and the service would refuse it. */
export function sendable(body: ScheduleBody, now: number): ScheduleBody {
  const isOver = (body.StartDate?.getTime() ?? now) < now - OLDEST_START_MS;
  return isOver ? { ...body, StartDate: undefined } : body;
}

export function sameBody(one: ScheduleBody, other: ScheduleBody): boolean {
  return sorted(one) === sorted(other);
}

/** As JSON with its keys in order and nothing undefined; dates to the second, as the service keeps them. */
function sorted(value: unknown): string {
  if (value instanceof Date) return String(Math.floor(value.getTime() / 1_000));
  if (Array.isArray(value)) return `[${value.map(sorted).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  const texts = entries.map(([key, inner]) => `${JSON.stringify(key)}:${sorted(inner)}`);
  return `{${texts.sort().join(",")}}`;
}

/** What is wanted; what was found where nothing is said of it, and nothing for null. */
function given<T>(wanted: T | null | undefined, found: T | undefined): T | undefined {
  return wanted === undefined ? found : (wanted ?? undefined);
}
