import { refuse } from "../expect.ts";
import { type CronFields, parseCronFields } from "./cron-fields.ts";

/** A recurring schedule expression, understood. */
export type Recurring =
  | { readonly kind: "rate"; readonly everyMs: number }
  | { readonly kind: "cron"; readonly fields: CronFields };

const UNITS_MS: Readonly<Record<string, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/** Longest schedule expression of the service, in characters. */
const MAX_LENGTH = 256;

/**
 * Reads `rate(…)` or `cron(…)`; undefined for anything else. Of the units, singular and plural are
 * taken with any number, as the service does (a rule of EventBridge, its older sibling, is stricter).
 */
export function parseRecurring(text: string): Recurring | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const rate = /^rate\(([1-9]\d{0,8}) (minute|hour|day)s?\)$/.exec(text);
  if (rate !== null) {
    return { kind: "rate", everyMs: Number(rate[1]) * (UNITS_MS[rate[2] ?? ""] ?? 0) };
  }
  const cron = /^cron\((\S[^()]*\S)\)$/.exec(text);
  const fields = cron === null ? undefined : parseCronFields(cron[1] ?? "");
  return fields && { kind: "cron", fields };
}

/** Refuses an expression that the service would refuse, or that runs once. */
export function recurringExpression(option: string, given: unknown): string {
  if (typeof given === "string" && parseRecurring(given) !== undefined) return given;
  return refuse(
    option,
    "a rate or cron expression",
    given,
    "Write it as in rate(5 minutes) or cron(0/5 8-17 ? * MON-FRI *): six fields, one of the two days a `?`.",
  );
}

/** The expression of a schedule that runs once; the time is a whole second, in UTC. */
export function atExpression(time: Date): string {
  return `at(${time.toISOString().slice(0, 19)})`;
}
