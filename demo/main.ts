// `npm run demo`: a webhook inbox on real payloads, drained by three kinds of functions at once.

import { createCleanup } from "./cleanup.ts";
import { HELP, readOptions } from "./options.ts";
import { runDemo } from "./run.ts";

const OK = 0;
const WRONG_SUMS = 1;
const COULD_NOT_RUN = 2;

/** Two signals within this time are one. */
const TWICE_MS = 1_000;

const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

const cleanup = createCleanup((error) => console.error(`Clean-up: ${textOf(error)}`));
let stopping = false;
let stoppedAt = 0;

async function main(): Promise<number> {
  const asked = readOptions(process.argv.slice(2));
  if ("help" in asked) {
    console.log(HELP);
    return OK;
  }
  if ("mistake" in asked) {
    console.error(`${asked.mistake}\n\n${HELP}`);
    return COULD_NOT_RUN;
  }
  return (await runDemo(asked, cleanup)) ? OK : WRONG_SUMS;
}

/** The tools that the demo uses may leave handles open; everything of its own is closed by then. */
async function end(code: number): Promise<never> {
  stopping = true;
  stoppedAt = Date.now();
  await cleanup.run();
  process.exit(code);
}

function fail(error: unknown): void {
  // What was cut off by the end itself is no news.
  if (stopping) return;
  console.error(`\nThe demo could not run: ${textOf(error)}`);
  void end(COULD_NOT_RUN);
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}

for (const [signal, code] of Object.entries(SIGNALS)) {
  process.on(signal, () => {
    // npm passes on what the terminal has sent already; the second time later, somebody means it.
    if (stopping && Date.now() - stoppedAt < TWICE_MS) return;
    if (stopping) process.exit(code);
    console.error("\nStopping, and cleaning up …");
    void end(code);
  });
}
process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
main().then((code) => (stopping ? undefined : end(code)), fail);
