import { UsageError } from "./errors.ts";
import { type Line, linesOf } from "./lines.ts";
import type { Terminal } from "./terminal.ts";

/** The lines of stdin behind the first so many. @throws UsageError where a person sits at it. */
export function inputLines(
  { input, signal }: Terminal,
  skip: number,
  expected: string,
): AsyncIterable<Line> {
  if (input.isTTY === true) throw new UsageError(`Expected ${expected} on stdin.`);
  return linesBehind(linesOf(input, signal), skip);
}

async function* linesBehind(lines: AsyncIterable<Line>, skip: number): AsyncGenerator<Line> {
  for await (const line of lines) if (line.number > skip) yield line;
}
