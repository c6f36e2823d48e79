#!/usr/bin/env node
import type { Writable } from "node:stream";
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

/** Resolves once all that was written is on its way, or nobody reads it any more. */
function flushed(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    stream.write("", () => resolve());
  });
}

const code = await runProgram(process.argv.slice(2), {
  env: process.env,
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
  signal: ending.signal,
});
// A handler's module may hold a connection or a timer, which would keep the process for ever.
await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
process.exit(code);
