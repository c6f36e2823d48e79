import { refuse } from "../expect.ts";

// The service's rules on names and resource names. Partitions may have more than one part
// (`aws-us-gov`), which the published patterns leave out.

const ROLE = /^arn:aws(?:-[a-z]+)*:iam::\d{12}:role\/[\w+=,.@/-]+$/;
const SQS_QUEUE = /^arn:aws(?:-[a-z]+)*:sqs:[a-z0-9-]+:\d{12}:[a-zA-Z0-9_-]+$/;
const KMS_KEY = /^arn:aws(?:-[a-z]+)*:kms:[a-z0-9-]+:\d{12}:(?:key|alias)\/[0-9a-zA-Z_-]*$/;
const ANY_ARN = /^arn:aws(?:-[a-z]+)*:[a-z0-9-]+:[a-z0-9-]*:(?:\d{12})?:\S+$/;

/** Names of schedules and of groups. */
export function scheduleName(option: string, given: unknown, max = 64, why = ""): string {
  if (typeof given === "string" && given.length <= max && /^[0-9a-zA-Z_.-]+$/.test(given)) {
    return given;
  }
  return refuse(option, `1 to ${max} of the characters 0-9 a-z A-Z - _ .`, given, why);
}

export function targetArn(option: string, given: unknown): string {
  return arn(option, given, ANY_ARN, "the target's ARN, such as that of a function");
}

export function roleArn(option: string, given: unknown): string {
  return arn(option, given, ROLE, "a role's ARN, such as arn:aws:iam::123456789012:role/tick");
}

export function queueArn(option: string, given: unknown): string {
  return arn(option, given, SQS_QUEUE, "the ARN of an SQS queue");
}

export function keyArn(option: string, given: unknown): string {
  return arn(option, given, KMS_KEY, "the ARN of a KMS key", 2_048);
}

function arn(
  option: string,
  given: unknown,
  pattern: RegExp,
  expected: string,
  max = 1_600,
): string {
  if (typeof given === "string" && given.length <= max && pattern.test(given)) return given;
  return refuse(option, `${expected}, at most ${max} characters`, given);
}

/** What a person reads of a schedule. */
export function description(option: string, given: unknown): string {
  if (typeof given === "string" && given.length <= 512) return given;
  return refuse(option, "a text of at most 512 characters", given);
}

const YEAR_2200 = Date.UTC(2200, 0);

/** A date within the years that the service knows. */
export function dateOf(option: string, given: unknown): Date {
  if (given instanceof Date && given.getTime() >= 0 && given.getTime() < YEAR_2200) return given;
  return refuse(option, "a date from 1970 to 2199", given);
}

/** A date as the service keeps it, to the second. */
export function wholeSecond(option: string, given: unknown): Date {
  return new Date(Math.floor(dateOf(option, given).getTime() / 1_000) * 1_000);
}

/** Checks what is given; `null` stays, and so does nothing at all. */
export function unlessNull<Given extends NonNullable<unknown>, Checked>(
  given: Given | null | undefined,
  check: (given: Given) => Checked,
): Checked | null | undefined {
  return given === undefined || given === null ? given : check(given);
}
