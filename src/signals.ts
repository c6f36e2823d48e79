import { type Duration, milliseconds, YEAR_MS } from "./duration.ts";

// What a handler throws to say more than "it failed".

/** Throw it to have the message again after a time of your choice. It counts as a failure. */
export class Retry extends Error {
  override readonly name = "Retry";
  readonly delayMs: number;

  /**
   * @param after How long the message waits, as in `"30 s"`.
   * @throws OptionError when it is not a duration from 0 to a year.
   */
  constructor(after: Duration, message = "The handler asked for a retry.") {
    super(message);
    this.delayMs = milliseconds("after", after, { min: 0, max: YEAR_MS });
  }
}

/** Throw it to give the message up: it goes to the dead-letter queue without another try. */
export class Reject extends Error {
  override readonly name = "Reject";
}
