/** Every error that xdrain throws has one of these codes; they do not change between versions. */
export type ErrorCode =
  | "invalid_option"
  | "invalid_payload"
  | "payload_too_large"
  | "unsupported_format"
  | "store_unavailable"
  | "store_timeout"
  | "store_unauthorized"
  | "store_full"
  | "store_read_only"
  | "store_wrong_type"
  | "store_cross_slot"
  | "store_exhausted"
  | "store_refused"
  | "send_failed"
  | "queue_full"
  | "handler_timeout"
  | "deadline_passed"
  | "pass_aborted"
  | "lease_lost"
  | "package_missing"
  | "package_unsupported";

/** The base of every error of this library: a stable `code`, and the `cause` where there is one. */
export class XdrainError<Code extends string = ErrorCode> extends Error {
  override readonly name: string = "XdrainError";
  readonly code: Code;

  constructor(code: Code, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  /** What a report in JSON says of it; the cause stays out, nobody knows what it holds. */
  toJSON(): { name: string; code: Code; message: string } {
    return { name: this.name, code: this.code, message: this.message };
  }
}

/** An option that cannot be used, found before any I/O. */
export class OptionError extends XdrainError {
  override readonly name = "OptionError";

  constructor(message: string) {
    super("invalid_option", message);
  }
}

/** A payload that cannot be sent or read: nothing was stored, or the message is a dead letter. */
export class PayloadError extends XdrainError {
  override readonly name = "PayloadError";

  constructor(
    code: "invalid_payload" | "payload_too_large" | "unsupported_format",
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(code, message, options);
  }
}

export type StoreErrorCode = Extract<ErrorCode, `store_${string}`>;

/** The store did not do what was asked. */
export class StoreError extends XdrainError {
  override readonly name = "StoreError";
  /** True where no answer came: the request may have been carried out. */
  readonly uncertain: boolean;
  /** How many requests were made before giving up. */
  readonly requests: number;

  constructor(
    code: StoreErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly uncertain?: boolean; readonly requests?: number },
  ) {
    super(code, message, "cause" in options ? { cause: options.cause } : undefined);
    this.uncertain = options.uncertain ?? false;
    this.requests = options.requests ?? 1;
  }
}

/** A send that stored some of its messages, or none. */
export class SendError extends XdrainError {
  override readonly name: string = "SendError";
  /** Ids of the messages that are stored, in order; the others, after them, are not. */
  readonly sentIds: readonly string[];
  /** True where no answer came: more than `sentIds` may be stored. */
  readonly uncertain: boolean;

  constructor(
    message: string,
    options: { cause?: unknown; sentIds: readonly string[]; uncertain: boolean },
    code: "send_failed" | "queue_full" = "send_failed",
  ) {
    super(code, message, "cause" in options ? { cause: options.cause } : undefined);
    this.sentIds = options.sentIds;
    this.uncertain = options.uncertain;
  }
}

/** So much waits already that no more may be sent (`maxBacklog`): let functions drain, and send later. */
export class QueueFull extends SendError {
  override readonly name = "QueueFull";
  /** What waits, as far as the queue limits it. */
  readonly backlog: { readonly messages?: number; readonly bytes?: number };

  constructor(
    message: string,
    options: {
      sentIds: readonly string[];
      backlog: QueueFull["backlog"];
      /** An earlier request got no answer, and may be stored all the same. */
      uncertain: boolean;
    },
  ) {
    const { sentIds, uncertain } = options;
    super(message, { sentIds, uncertain }, "queue_full");
    this.backlog = options.backlog;
  }
}

/**
 * Why a handler's signal was aborted: its time is over (`handler_timeout`), the pass ends
 * (`deadline_passed`), the caller of `drain` called it off (`pass_aborted`), or the lease is lost.
 */
export class InterruptError extends XdrainError {
  override readonly name = "InterruptError";

  constructor(
    code: "handler_timeout" | "deadline_passed" | "pass_aborted" | "lease_lost",
    message: string,
  ) {
    super(code, message);
  }
}

/**
 * An entry point needs a package that is not installed, or one that is too old; the message names both
 * and what to install. Nothing was sent, and trying again in this process does not help.
 */
export class PackageError extends XdrainError<"package_missing" | "package_unsupported"> {
  override readonly name = "PackageError";
}
