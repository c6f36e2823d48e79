// `npm run demo`: a webhook inbox on real payloads, drained by three kinds of functions at once.

import { createCleanup } from "./cleanup.ts";
import { HELP, readOptions } from "./options.ts";
import { runDemo } from "./run.ts";

const OK = 0;
const WRONG_SUMS = 1;
const COULD_NOT_RUN = 2;

const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

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
  const cleanup = createCleanup((error) => console.error("Clean-up:", textOf(error)));
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.once(signal, () => {
      console.error("\nStopping and cleaning up …");
      void cleanup.run().then(() => process.exit(code));
    });
  }
  try {
    return (await runDemo(asked.run, cleanup)) ? OK : WRONG_SUMS;
  } catch (error) {
    console.error(`\nThe demo could not run: ${textOf(error)}`);
    return COULD_NOT_RUN;
  } finally {
    await cleanup.run();
  }
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}

// Tools that the demo starts may leave handles open; everything of its own is closed by now.
process.exit(await main());
