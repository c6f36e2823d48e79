import { join } from "node:path";
import { startChild } from "./child.ts";
import type { Cleanup } from "./cleanup.ts";
import { addUp, readLogged } from "./reports.ts";
import type { FunctionEnv, Runtime } from "./runtime.ts";
import { REPOSITORY, type Tools } from "./tools.ts";
import { wait } from "./wait.ts";
import type { FromHost, ToHost } from "./worker-host.ts";

const STOP_MS = 2_000;

/** Runs functions/worker in workerd, Cloudflare's own runtime, and fires its cron. */
export async function startWorker(
  env: FunctionEnv,
  tools: Tools,
  cleanup: Cleanup,
): Promise<Runtime> {
  const child = startChild(
    [process.execPath, join("demo", "worker-host.ts")],
    { cwd: REPOSITORY, env: tools.env, talks: true },
    cleanup,
  );

  async function ask(message: ToHost): Promise<readonly string[]> {
    const reply = (await Promise.race([child.ask(message), child.ended])) as FromHost;
    if ("logged" in reply) return reply.logged;
    throw new Error(`The Worker does not work. ${reply.failed}`);
  }

  // If this fails or hangs, the whole group is killed next all the same.
  cleanup.add(() => Promise.race([child.ask({ stop: true }), wait(STOP_MS)]).catch(() => {}));
  const config = join(REPOSITORY, "wrangler.toml");
  await ask({ start: { config, folder: tools.folder, env } });
  return {
    name: "Worker",
    what: "functions/worker in workerd, Cloudflare's own runtime",
    async tick() {
      const logged = await ask({ tick: true });
      return addUp(logged.flatMap((line) => readLogged(line) ?? []));
    },
  };
}
