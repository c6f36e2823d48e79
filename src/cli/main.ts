#!/usr/bin/env node
import { runProgram } from "./program.ts";

const ending = new AbortController();

/** The first time, the command ends what it is at; the second time the process ends. */
function end(signal: NodeJS.Signals): void {
  if (ending.signal.aborted) process.exit(signal === "SIGINT" ? 130 : 143);
  ending.abort();
}
process.on("SIGINT", end);
process.on("SIGTERM", end);
process.on("SIGHUP", end);

// A reader that has gone away is found out by the next write.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});

process.exitCode = await runProgram(process.argv.slice(2), {
  env: process.env,
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
  signal: ending.signal,
});
