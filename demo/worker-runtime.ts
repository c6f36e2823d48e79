import { join } from "node:path";
import type { WorkerHandle } from "wrangler";
import type { Cleanup } from "./cleanup.ts";
import { addUp, readLogged, type Totals } from "./reports.ts";
import { type FunctionEnv, PASS, type Runtime } from "./runtime.ts";
import { REPOSITORY, type Tools } from "./tools.ts";

const CRON = "* * * * *";

/** Runs functions/worker in workerd, Cloudflare's own runtime, and fires its cron. */
export async function startWorker(
  env: FunctionEnv,
  tools: Tools,
  cleanup: Cleanup,
): Promise<Runtime> {
  // Imported here, since it reads the environment that the tools were prepared with.
  const { createTestHarness, unstable_readConfig } = await import("wrangler");
  const real = unstable_readConfig({ config: join(REPOSITORY, "wrangler.toml") });
  const harness = createTestHarness({
    // Where wrangler puts its temporary files, which it would else put into the repository.
    root: tools.folder,
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
  cleanup.add(() => harness.close());
  await harness.listen();
  const worker: WorkerHandle = harness.getWorker();

  return {
    name: "Worker",
    what: "functions/worker in workerd, Cloudflare's own runtime",
    // A cron returns nothing: its report is what the Worker logs.
    async tick(): Promise<Totals> {
      harness.clearLogs();
      const { outcome } = await worker.scheduled({ cron: CRON, scheduledTime: new Date() });
      const messages = harness.getLogs().map(({ message }) => message);
      if (outcome !== "ok") throw new Error(`The Worker's cron failed: ${messages.join("\n")}`);
      return addUp(messages.flatMap((message) => readLogged(message)?.totals ?? []));
    },
  };
}
