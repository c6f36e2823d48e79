import { randomBytes } from "node:crypto";
import { freePort } from "../scripts/local-redis.ts";
import { startChild } from "./child.ts";
import type { Cleanup } from "./cleanup.ts";
import { readLogged, readReport, type Totals } from "./reports.ts";
import { type FunctionEnv, PASS, type Runtime } from "./runtime.ts";
import { REPOSITORY, type Tools } from "./tools.ts";
import { answering } from "./wait.ts";

/** The HTTP function: it receives the webhooks, and drains when it is asked to. */
export interface HttpRuntime extends Runtime {
  /** Where GitHub would be told to send its webhooks. */
  readonly webhooks: string;
  /** Where a pass is asked for, and what the request is signed with. */
  readonly address: { readonly url: string; readonly key: string };
  /** Where its dashboard is, and the token to sign in with. */
  readonly dashboard: { readonly url: string; readonly token: string };
  /** All passes that it logged until now, whoever asked for them. */
  readonly logged: readonly Totals[];
}

/** Starts functions/http as a process of its own, as any host of Node.js would. */
export async function startHttp(
  env: FunctionEnv,
  secret: string,
  tools: Tools,
  cleanup: Cleanup,
): Promise<HttpRuntime> {
  const port = await freePort();
  const token = randomBytes(16).toString("hex");
  const key = randomBytes(32).toString("hex");
  const dashboardToken = randomBytes(12).toString("hex");
  const logged: Totals[] = [];
  const own = {
    HOST: "127.0.0.1",
    PORT: String(port),
    WEBHOOK_SECRET: secret,
    XDRAIN_TOKEN: token,
    SIGNING_KEY: key,
    DASHBOARD_TOKEN: dashboardToken,
  };
  const child = startChild(
    [process.execPath, "functions/http/main.ts"],
    {
      cwd: REPOSITORY,
      env: { ...tools.env, ...env, ...own },
      onLine: (line) => logged.push(...[readLogged(line) ?? []].flat()),
    },
    cleanup,
  );
  const url = `http://127.0.0.1:${port}`;
  await answering(url, child);

  async function drain() {
    const response = await fetch(`${url}/queues/inbox/drain`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(PASS),
    });
    return readReport(await response.json());
  }

  return {
    name: "HTTP job",
    what: "functions/http in Node.js; it also receives the webhooks",
    webhooks: `${url}/webhooks`,
    address: { url, key },
    dashboard: { url: `${url}/dashboard`, token: dashboardToken },
    logged,
    tick: () => Promise.race([drain(), child.ended]),
  };
}
