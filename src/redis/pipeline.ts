import { isPassing, serverError } from "./errors.ts";
import type { Attempt } from "./resend.ts";
import type { Answer, Transport } from "./transport.ts";

/**
 * Sends commands that may run twice in one round trip. The reply holds the answer of each; the whole is
 * refused where the server is not ready, or where it refuses all of them for a reason that has a code.
 */
export async function sendTogether(
  transport: Transport,
  commands: readonly (readonly string[])[],
  attempt: Pick<Attempt, "signal" | "count">,
): Promise<Answer> {
  const answers = await carry(transport, commands, attempt);
  if (answers.length !== commands.length) {
    throw new Error(`Expected ${commands.length} answers to a pipeline, got ${answers.length}.`);
  }
  const refusals = answers.filter((answer) => !answer.ok);
  const passing = refusals.find(({ message }) => isPassing(message));
  if (passing !== undefined) return passing;
  const [first] = refusals;
  if (first !== undefined && refusals.length === answers.length && hasCode(first.message)) {
    return first;
  }
  return { ok: true, reply: answers };
}

async function carry(
  transport: Transport,
  commands: readonly (readonly string[])[],
  { signal, count }: Pick<Attempt, "signal" | "count">,
): Promise<readonly Answer[]> {
  if (transport.pipeline !== undefined) {
    count();
    return transport.pipeline(commands, signal);
  }
  const answers: Answer[] = [];
  for (const command of commands) {
    count();
    answers.push(await transport.command(command, signal));
  }
  return answers;
}

/** Such as a token that may not read; a missing key has none. */
function hasCode(message: string): boolean {
  return serverError(message, 1).code !== "store_refused";
}
