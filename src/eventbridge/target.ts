import type { Target } from "@aws-sdk/client-scheduler";
import { type Duration, milliseconds } from "../duration.ts";
import { integer, onlyKnown, refuse } from "../expect.ts";
import { queueArn, roleArn, targetArn, unlessNull } from "./checks.ts";

/** What a schedule invokes, and what becomes of an event that cannot be handed over. */
export interface ScheduleTarget {
  /** The function's ARN. */
  readonly arn: string;
  /** The role that the service takes on to invoke the target. */
  readonly roleArn: string;
  /** What the function receives, as JSON, such as `{ queue: "orders" }`; `null` removes it. */
  readonly input?: Readonly<Record<string, unknown>> | null;
  /** How the service tries again where it could not hand over the event. */
  readonly retryPolicy?: DeliveryRetries;
  /** The SQS queue for events that could not be handed over; `null` removes it. */
  readonly deadLetterArn?: string | null;
}

export interface DeliveryRetries {
  /** How old an event may become, in whole seconds from `60 s` to `1 d`. @default the service's, 1 d */
  readonly maxAge?: Duration;
  /** 0 to 185. @default the service's, 185 */
  readonly maxAttempts?: number;
}

/** A target in the service's words; null is for what shall be removed. */
export interface ResolvedTarget {
  readonly Arn: string;
  readonly RoleArn: string;
  readonly Input: string | null | undefined;
  readonly DeadLetterArn: string | null | undefined;
  readonly RetryPolicy: NonNullable<Target["RetryPolicy"]>;
}

export function resolveTarget(target: ScheduleTarget): ResolvedTarget {
  onlyKnown("`target`", target, ["arn", "roleArn", "input", "retryPolicy", "deadLetterArn"]);
  const { deadLetterArn } = target;
  return {
    Arn: targetArn("target.arn", target.arn),
    RoleArn: roleArn("target.roleArn", target.roleArn),
    Input: unlessNull(target.input, inputText),
    DeadLetterArn: unlessNull(deadLetterArn, (given) => queueArn("target.deadLetterArn", given)),
    RetryPolicy: resolveRetries(target.retryPolicy ?? {}),
  };
}

/** A function takes well-formed JSON only. */
function inputText(input: unknown): string {
  const expected = "an object that JSON can hold";
  if (typeof input !== "object" || Array.isArray(input)) refuse("target.input", expected, input);
  try {
    return JSON.stringify(input);
  } catch {
    return refuse("target.input", expected, input);
  }
}

function resolveRetries(policy: DeliveryRetries): ResolvedTarget["RetryPolicy"] {
  onlyKnown("`target.retryPolicy`", policy, ["maxAge", "maxAttempts"]);
  const { maxAge, maxAttempts } = policy;
  const attempts = integer("target.retryPolicy.maxAttempts", maxAttempts, {
    min: 0,
    max: 185,
    default: 185,
  });
  return {
    ...(maxAge === undefined ? {} : { MaximumEventAgeInSeconds: seconds(maxAge) }),
    ...(maxAttempts === undefined ? {} : { MaximumRetryAttempts: attempts }),
  };
}

function seconds(maxAge: Duration): number {
  const option = "target.retryPolicy.maxAge";
  const ms = milliseconds(option, maxAge, { min: 60_000, max: 86_400_000 });
  return ms % 1_000 === 0 ? ms / 1_000 : refuse(option, "whole seconds", maxAge);
}

/**
 * The target as it shall be: what is not said stays as it was found. What belongs to a target of
 * another kind goes with that target.
 */
export function mergeTarget(found: Target | undefined, wanted: ResolvedTarget): Target {
  const { Arn, RoleArn, Input, DeadLetterArn } = wanted;
  const isSame = found?.Arn === Arn;
  const retries = { ...found?.RetryPolicy, ...wanted.RetryPolicy };
  const deadLetters = DeadLetterArn === undefined ? found?.DeadLetterConfig?.Arn : DeadLetterArn;
  return {
    ...(isSame ? found : {}),
    Arn,
    RoleArn,
    Input: Input === undefined ? found?.Input : (Input ?? undefined),
    DeadLetterConfig: deadLetters ? { Arn: deadLetters } : undefined,
    RetryPolicy: Object.keys(retries).length === 0 ? undefined : retries,
  };
}
