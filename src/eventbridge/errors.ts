import { XdrainError } from "../errors.ts";

/** What went wrong, in words that stay the same between versions. */
export type ScheduleErrorCode =
  /** Too many requests, and the SDK's own tries are used up. Nothing was done. */
  | "throttled"
  /** The role may not do this, or there are no credentials. Nothing was done. */
  | "denied"
  /** There is no such schedule, or no such group. */
  | "not_found"
  /** Somebody else kept changing the schedule at the same time. */
  | "conflict"
  /** The service refuses what it was given. Nothing was done. */
  | "invalid"
  /** The account has as many schedules as it may. Nothing was done. */
  | "quota"
  /** No answer, or none that can be used: it may have been done. To ask again is safe. */
  | "unavailable";

/** EventBridge Scheduler did not do what was asked; the SDK's own error is the `cause`. */
export class ScheduleError extends XdrainError<ScheduleErrorCode> {
  override readonly name = "ScheduleError";
}

const CODES: Readonly<Record<string, ScheduleErrorCode>> = {
  ThrottlingException: "throttled",
  TooManyRequestsException: "throttled",
  ServiceQuotaExceededException: "quota",
  ResourceNotFoundException: "not_found",
  ConflictException: "conflict",
  ValidationException: "invalid",
  AccessDeniedException: "denied",
  CredentialsProviderError: "denied",
};

const CODES_BY_STATUS: Readonly<Record<number, ScheduleErrorCode>> = {
  400: "invalid",
  401: "denied",
  403: "denied",
  404: "not_found",
  409: "conflict",
  429: "throttled",
};

const ADVICE: Readonly<Record<ScheduleErrorCode, string>> = {
  throttled: "Try again later.",
  denied: "See which rights the role needs, in SCHEDULE_ACTIONS.",
  not_found: "Is there such a schedule, and such a group?",
  conflict: "Somebody else is changing the same schedule.",
  invalid: "Its message is in the `cause`.",
  quota: "Remove schedules, or ask for a higher quota.",
  unavailable: "It may have been done; to ask again is safe.",
};

/**
 * What an error of the SDK means. The service's message stays in the `cause`: it may repeat what it
 * was given, and the input of a target is the user's.
 */
export function scheduleError(operation: string, name: string, cause: unknown): ScheduleError {
  const code = codeOf(cause);
  const what = cause instanceof Error ? cause.name : typeof cause;
  const message = `${operation} of "${name}" failed: ${what}. ${ADVICE[code]}`;
  return new ScheduleError(code, message, { cause });
}

function codeOf(error: unknown): ScheduleErrorCode {
  if (typeof error !== "object" || error === null) return "unavailable";
  const { name, $metadata } = error as {
    readonly name?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  const named = typeof name === "string" ? CODES[name] : undefined;
  return named ?? CODES_BY_STATUS[$metadata?.httpStatusCode ?? 0] ?? "unavailable";
}

export function isScheduleError(error: unknown, ...codes: readonly ScheduleErrorCode[]): boolean {
  return error instanceof ScheduleError && codes.includes(error.code);
}
