import { OptionError, PayloadError, SendError, StoreError } from "../../index.ts";

/** Codes of errors that begin in HTTP; all others are codes of the library's own errors. */
export type HttpErrorCode =
  | "unauthorized"
  | "forbidden"
  | "unknown_route"
  | "unknown_queue"
  | "body_too_large"
  | "not_json"
  | "invalid_request"
  | "internal_error";

export type ErrorStatus = 400 | 401 | 403 | 404 | 413 | 415 | 500 | 503;

/** A request that is refused. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: ErrorStatus;
  readonly code: HttpErrorCode;

  constructor(status: ErrorStatus, code: HttpErrorCode, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** What a refused or failed request is answered. */
export interface ErrorReply {
  readonly status: ErrorStatus;
  readonly body: {
    readonly error: {
      readonly code: string;
      readonly message: string;
      /** Of a send that failed half-way: what is stored, and whether more may be. */
      readonly sentIds?: readonly string[];
      readonly uncertain?: boolean;
    };
  };
}

/** The answer to an error; one that nobody foresaw keeps its text, it may hold anything. */
export function replyTo(error: unknown): ErrorReply {
  if (error instanceof HttpError) return reply(error.status, error);
  if (error instanceof PayloadError) {
    return reply(error.code === "payload_too_large" ? 413 : 400, error);
  }
  if (error instanceof OptionError) return reply(400, error);
  if (error instanceof SendError) {
    const { sentIds, uncertain } = error;
    return { status: 503, body: { error: { ...codeAndText(error), sentIds, uncertain } } };
  }
  if (error instanceof StoreError) return reply(503, error);
  return reply(500, { code: "internal_error", message: "The request failed unexpectedly." });
}

function reply(status: ErrorStatus, error: CodeAndText): ErrorReply {
  return { status, body: { error: codeAndText(error) } };
}

interface CodeAndText {
  readonly code: string;
  readonly message: string;
}

function codeAndText({ code, message }: CodeAndText): CodeAndText {
  return { code, message };
}
