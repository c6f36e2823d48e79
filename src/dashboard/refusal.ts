import { OptionError, PayloadError, XdrainError } from "../errors.ts";

export type RefusalStatus = 400 | 401 | 403 | 404 | 413 | 500 | 503;

/** A request that is not done, and what its page says. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: RefusalStatus;

  constructor(status: RefusalStatus, message: string) {
    super(message);
    this.status = status;
  }
}

/** What the page says of an error; one that nobody foresaw keeps its text, it may hold anything. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof OptionError || error instanceof PayloadError) {
    return new Refusal(400, error.message);
  }
  if (error instanceof XdrainError) return new Refusal(503, `${error.message} (${error.code})`);
  return new Refusal(500, "The request failed unexpectedly.");
}
