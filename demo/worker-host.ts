// The process that hosts the Worker: wrangler brings handlers for signals and looks at the home
// folder, which the demo would rather keep to itself. Its parent sends `start` once, then `tick` for
// each pass, is answered with what the Worker logged, and sends `stop` at the end.

import { createTestHarness, unstable_readConfig, type WorkerHandle } from "wrangler";
import { type FunctionEnv, PASS } from "./runtime.ts";

/** What the parent sends. */
export type ToHost =
  | {
      readonly start: {
        readonly config: string;
        readonly folder: string;
        readonly env: FunctionEnv;
      };
    }
  | { readonly tick: true }
  | { readonly stop: true };

/** What it is answered. */
export type FromHost = { readonly logged: readonly string[] } | { readonly failed: string };

const CRON = "* * * * *";

type Harness = ReturnType<typeof createTestHarness>;
let harness: Harness | undefined;

async function start({ config, folder, env }: Extract<ToHost, { start: unknown }>["start"]) {
  const real = unstable_readConfig({ config });
  harness = createTestHarness({
    // Wrangler's temporary files would else be in the repository.
    root: folder,
    workers: [
      {
        config: {
          name: real.name ?? "inbox",
          main: real.main ?? "",
          compatibility_date: real.compatibility_date ?? "",
          compatibility_flags: real.compatibility_flags,
          vars: { ...real.vars, ...env, PASSES: { [CRON]: PASS } },
        },
      },
    ],
  });
  await harness.listen();
}

/** Fires the cron. A cron returns nothing: its report is what the Worker logs. */
async function tick(running: Harness): Promise<readonly string[]> {
  running.clearLogs();
  const worker: WorkerHandle = running.getWorker();
  const { outcome } = await worker.scheduled({ cron: CRON, scheduledTime: new Date() });
  const logged = running.getLogs().map(({ message }) => message);
  if (outcome === "ok") return logged;
  throw new Error(`Its cron failed: ${logged.join("\n")}`);
}

async function answer(message: ToHost): Promise<FromHost> {
  try {
    if ("start" in message) await start(message.start);
    else if ("stop" in message) await harness?.close();
    else if (harness !== undefined) return { logged: await tick(harness) };
    return { logged: [] };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

process.on("message", (message: ToHost) => {
  void answer(message).then((reply) => process.send?.(reply));
});
// The demo is gone, however it went.
process.on("disconnect", () => process.exit());
