import { inspect } from "node:util";
import { expect } from "vitest";
import { type ErrorCode, XdrainError } from "../../src/index.ts";

/** Marks what must never show in an error: put into tokens, passwords and payloads. */
export const SECRET = "s3cr3t-do-not-show";

/** The error that `work` fails with: one of ours, with that code, and nothing secret in it. */
export async function failureOf<Failure extends XdrainError = XdrainError>(
  code: ErrorCode,
  work: () => unknown,
): Promise<Failure> {
  const error = await Promise.resolve()
    .then(work)
    .then(
      () => expect.fail("It did not fail."),
      (reason: unknown) => reason,
    );
  expect(error).toBeInstanceOf(XdrainError);
  const failure = error as Failure;
  expect(failure.code, failure.message).toBe(code);
  expectNothingSecret(failure);
  return failure;
}

/** Neither in its text, nor in its JSON, nor where a log prints it with all its causes. */
export function expectNothingSecret(value: unknown): void {
  if (value instanceof Error) expect(value.message).not.toContain(SECRET);
  expect(JSON.stringify(value)).not.toContain(SECRET);
  expect(inspect(value, { depth: 10 })).not.toContain(SECRET);
}
