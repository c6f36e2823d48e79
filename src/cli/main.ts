#!/usr/bin/env node
import { runHere } from "./here.ts";

const ending = new AbortController();

/** The first time, the command ends what it is at; the second time the process ends. */
function end(signal: NodeJS.Signals): void {
  if (ending.signal.aborted) process.exit(signal === "SIGINT" ? 130 : 143);
  ending.abort();
}
process.on("SIGINT", end);
process.on("SIGTERM", end);
process.on("SIGHUP", end);

await runHere({ env: process.env, signal: ending.signal });
