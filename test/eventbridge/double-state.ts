import { ticksAt } from "./double-cron.ts";
import type { RawSchedule } from "./double-rules.ts";

const MINUTE_MS = 60_000;
const UNITS: Readonly<Record<string, number>> = { minute: 1, hour: 60, day: 1_440 };

/** A schedule as the service keeps it, with its defaults. */
export interface StoredSchedule extends RawSchedule {
  readonly Name: string;
  readonly GroupName: string;
  readonly CreationDate: number;
  readonly LastModificationDate: number;
}

/** An event that was handed over, or was not. */
export interface Invocation {
  readonly schedule: string;
  readonly at: number;
  readonly arn: string;
  readonly payload: unknown;
}

/** Takes an event; a function that fails rejects. */
export type Invoke = (payload: unknown, invocation: Invocation) => unknown;

export interface DoubleState {
  readonly schedules: Map<string, StoredSchedule>;
  readonly invocations: Invocation[];
  /** Events that no try could hand over, where the schedule has a queue for them. */
  readonly deadLetters: Invocation[];
  now(): number;
  /** Lets time pass, minute by minute, and invokes what is due. */
  advanceTo(instant: number): Promise<void>;
}

export const keyOf = (group: string, name: string) => `${group}/${name}`;

export function createState(start: number, invoke: Invoke): DoubleState {
  const schedules = new Map<string, StoredSchedule>();
  const invocations: Invocation[] = [];
  const deadLetters: Invocation[] = [];
  let now = start;

  async function fire(schedule: StoredSchedule): Promise<void> {
    const { Target, Name, GroupName } = schedule;
    const payload = Target.Input === undefined ? notification(now) : JSON.parse(Target.Input);
    const invocation = { schedule: Name, at: now, arn: Target.Arn, payload };
    invocations.push(invocation);
    const key = keyOf(GroupName, Name);
    // What runs once is over before its target is asked: another of its name may be made.
    if (isOneTime(schedule) && schedule.ActionAfterCompletion === "DELETE") schedules.delete(key);
    for (let tries = 0; tries <= (Target.RetryPolicy?.MaximumRetryAttempts ?? 185); tries += 1) {
      try {
        await invoke(payload, invocation);
        return;
      } catch {
        // The next try.
      }
    }
    if (Target.DeadLetterConfig?.Arn !== undefined) deadLetters.push(invocation);
  }

  return {
    schedules,
    invocations,
    deadLetters,
    now: () => now,
    async advanceTo(instant) {
      while (Math.floor(now / MINUTE_MS) < Math.floor(instant / MINUTE_MS)) {
        now = (Math.floor(now / MINUTE_MS) + 1) * MINUTE_MS;
        const due = [...schedules.values()].filter((schedule) => isDue(schedule, now));
        for (const schedule of due) await fire(schedule);
      }
      now = instant;
    },
  };
}

const isOneTime = ({ ScheduleExpression }: RawSchedule) => ScheduleExpression.startsWith("at(");

/** Whether a schedule invokes its target in the minute that begins at an instant. */
export function isDue(schedule: StoredSchedule, minute: number): boolean {
  const { ScheduleExpression: text, ScheduleExpressionTimezone = "UTC" } = schedule;
  if (schedule.State === "DISABLED") return false;
  if (text.startsWith("at(")) return Date.parse(`${text.slice(3, -1)}Z`) === minute;
  if (minute < (schedule.StartDate ?? 0) * 1_000) return false;
  if (minute >= (schedule.EndDate ?? Infinity) * 1_000) return false;
  if (text.startsWith("cron(")) return ticksAt(text, minute, ScheduleExpressionTimezone);
  const [, count, unit = ""] = /^rate\((\d+) (\w+?)s?\)$/.exec(text) ?? [];
  const every = Number(count) * (UNITS[unit] ?? 0);
  const begun = Math.floor((schedule.StartDate ?? schedule.LastModificationDate) / 60);
  return (minute / MINUTE_MS - begun) % every === 0;
}

/** What a function receives where the schedule has no input of its own. */
function notification(now: number): unknown {
  return {
    version: "0",
    id: "0e1f2a3b",
    "detail-type": "Scheduled Event",
    source: "aws.scheduler",
    account: "123456789012",
    time: new Date(now).toISOString(),
    region: "eu-central-1",
    resources: [],
    detail: "{}",
  };
}
