import { createInterface } from "node:readline/promises";
import { UsageError } from "./errors.ts";
import type { Terminal } from "./terminal.ts";

/** @throws UsageError where nobody can be asked. */
export function checkThatOneCanAsk({ input, errors }: Terminal): void {
  if (input.isTTY === true && errors.isTTY === true) return;
  throw new UsageError("Expected --yes, since nobody can be asked here.");
}

/** Asks a person; anything but yes is no. */
export async function confirmed(question: string, terminal: Terminal): Promise<boolean> {
  const { input, errors, signal } = terminal;
  const asking = createInterface({ input, output: errors });
  try {
    const answer = await asking.question(`${question} [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    return false; // Ctrl-C or the end of the input
  } finally {
    asking.close();
  }
}
