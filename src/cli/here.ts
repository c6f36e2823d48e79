import type { Writable } from "node:stream";
import { runProgram } from "./program.ts";
import type { Terminal } from "./terminal.ts";

/** Runs the program with the arguments and streams of this process, and ends the process. */
export async function runHere(rest: Omit<Terminal, "input" | "output" | "errors">): Promise<never> {
  const { stdin: input, stdout: output, stderr: errors } = process;
  // A reader that has gone away is found out by the next write.
  output.on("error", () => {});
  errors.on("error", () => {});
  const code = await runProgram(process.argv.slice(2), { ...rest, input, output, errors });
  // A handler's module may hold a connection or a timer, which would keep the process for ever.
  await Promise.all([flushed(output), flushed(errors)]);
  process.exit(code);
}

/** Resolves once all that was written is on its way, or nobody reads it any more. */
function flushed(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    stream.write("", () => resolve());
  });
}
