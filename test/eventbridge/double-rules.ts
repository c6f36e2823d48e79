import { isCron } from "./double-cron.ts";

// The service's rules, from its API model and guide, written anew: what the library lets through and
// the service would not is seen here.

/** A schedule as requests carry it; its dates are seconds since 1970. */
export interface RawSchedule {
  ScheduleExpression: string;
  ScheduleExpressionTimezone?: string;
  StartDate?: number;
  EndDate?: number;
  Description?: string;
  State?: string;
  KmsKeyArn?: string;
  Target: RawTarget;
  FlexibleTimeWindow: { Mode: string; MaximumWindowInMinutes?: number };
  ActionAfterCompletion?: string;
}

export interface RawTarget {
  Arn: string;
  RoleArn: string;
  Input?: string;
  RetryPolicy?: { MaximumEventAgeInSeconds?: number; MaximumRetryAttempts?: number };
  DeadLetterConfig?: { Arn?: string };
}

const FIELDS = [
  ...["ScheduleExpression", "ScheduleExpressionTimezone", "StartDate", "EndDate", "Description"],
  ...["State", "KmsKeyArn", "Target", "FlexibleTimeWindow", "ActionAfterCompletion"],
];
const TARGET_FIELDS = ["Arn", "RoleArn", "Input", "RetryPolicy", "DeadLetterConfig"];

type Rule = readonly [valid: boolean, what: string];

/** Why the service would refuse a name; undefined where it takes it. */
export function refusedName(what: string, name: unknown): string | undefined {
  const valid = typeof name === "string" && /^[0-9a-zA-Z-_.]{1,64}$/.test(name);
  return valid ? undefined : `${what} ${JSON.stringify(name)}`;
}

/** Why the service would refuse a schedule; undefined where it takes it. */
export function refusedSchedule(body: unknown, now: number): string | undefined {
  const schedule = body as RawSchedule;
  const { Target, FlexibleTimeWindow, StartDate, EndDate } = schedule;
  const unknown = [
    ...Object.keys(schedule).filter((key) => !FIELDS.includes(key)),
    ...Object.keys(Target ?? {}).filter((key) => !TARGET_FIELDS.includes(key)),
  ];
  const isOneTime = String(schedule.ScheduleExpression).startsWith("at(");
  const start = isOneTime ? undefined : StartDate;
  const end = isOneTime ? undefined : EndDate;
  const rules: Rule[] = [
    [unknown.length === 0, `fields ${unknown.join(", ")}`],
    [isExpression(schedule, now), `ScheduleExpression ${schedule.ScheduleExpression}`],
    [isText(schedule.ScheduleExpressionTimezone, 1, 50), "ScheduleExpressionTimezone"],
    [isZone(schedule.ScheduleExpressionTimezone), "ScheduleExpressionTimezone"],
    [isText(schedule.Description, 0, 512), "Description"],
    [isOneOf(schedule.State, "ENABLED", "DISABLED"), "State"],
    [isOneOf(schedule.ActionAfterCompletion, "NONE", "DELETE"), "ActionAfterCompletion"],
    [isArn(schedule.KmsKeyArn, KMS, 2_048), "KmsKeyArn"],
    [start === undefined || start >= now / 1_000 - 300, "StartDate earlier than 5 minutes ago"],
    [end === undefined || end > now / 1_000, "EndDate in the past"],
    [start === undefined || end === undefined || start < end, "StartDate after EndDate"],
    ...windowRules(FlexibleTimeWindow),
    ...targetRules(Target),
  ];
  return rules.find(([valid]) => !valid)?.[1];
}

const KMS = /^arn:aws(-[a-z]+)?:kms:[a-z0-9-]+:\d{12}:(key|alias)\/[0-9a-zA-Z-_]*$/;
const ROLE = /^arn:aws(-[a-z]+)?:iam::\d{12}:role\/[\w+=,.@/-]+$/;
const SQS = /^arn:aws(-[a-z]+)?:sqs:[a-z0-9-]+:\d{12}:[a-zA-Z0-9\-_]+$/;

function windowRules(window: RawSchedule["FlexibleTimeWindow"] | undefined): Rule[] {
  const { Mode, MaximumWindowInMinutes: minutes } = window ?? {};
  const isOff = Mode === "OFF" && minutes === undefined;
  const isFlexible = Mode === "FLEXIBLE" && minutes !== undefined && isInteger(minutes, 1, 1_440);
  return [[isOff || isFlexible, "FlexibleTimeWindow"]];
}

function targetRules(target: RawTarget | undefined): Rule[] {
  const { Arn, RoleArn, Input, RetryPolicy, DeadLetterConfig } = target ?? ({} as RawTarget);
  return [
    [Arn !== undefined && isText(Arn, 1, 1_600) && Arn.startsWith("arn:"), "Target.Arn"],
    [RoleArn !== undefined && isArn(RoleArn, ROLE, 1_600), "Target.RoleArn"],
    [isText(Input, 1, Infinity) && (Input === undefined || isJson(Input)), "Target.Input"],
    [isInteger(RetryPolicy?.MaximumEventAgeInSeconds, 60, 86_400), "MaximumEventAgeInSeconds"],
    [isInteger(RetryPolicy?.MaximumRetryAttempts, 0, 185), "MaximumRetryAttempts"],
    [isArn(DeadLetterConfig?.Arn, SQS, 1_600), "DeadLetterConfig.Arn"],
  ];
}

function isExpression({ ScheduleExpression: text }: RawSchedule, now: number): boolean {
  if (!isText(text, 1, 256) || text === undefined) return false;
  const at = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(text);
  // The one-time schedules of these tests are in UTC; one in the past is refused.
  if (at !== null) return Date.parse(`${at[1]}Z`) > now;
  return /^rate\([1-9]\d* (minutes?|hours?|days?)\)$/.test(text) || isCron(text);
}

function isText(value: unknown, min: number, max: number): boolean {
  if (value === undefined) return true;
  return typeof value === "string" && value.length >= min && value.length <= max;
}

function isZone(zone: string | undefined): boolean {
  if (zone === undefined) return true;
  try {
    return /^[A-Z]/.test(zone) && Intl.DateTimeFormat("sv", { timeZone: zone }) !== undefined;
  } catch {
    return false;
  }
}

function isOneOf(value: unknown, ...words: readonly string[]): boolean {
  return value === undefined || words.includes(value as string);
}

function isArn(value: unknown, pattern: RegExp, max: number): boolean {
  return value === undefined || (isText(value, 1, max) && pattern.test(value as string));
}

function isInteger(value: unknown, min: number, max: number): boolean {
  if (value === undefined) return true;
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
