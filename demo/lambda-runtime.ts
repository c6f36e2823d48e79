import { join } from "node:path";
import { freePort } from "../scripts/local-redis.ts";
import { startChild } from "./child.ts";
import type { Cleanup } from "./cleanup.ts";
import { addUp, readLogged, type Totals } from "./reports.ts";
import { type FunctionEnv, PASS, type Runtime } from "./runtime.ts";
import { REPOSITORY, type Tools } from "./tools.ts";
import { answering, until } from "./wait.ts";

const FUNCTION = "xdrain-inbox-dev-drain";
const OSLS = join("node_modules", "osls", "bin", "serverless.js");

/** Starts the Lambda of serverless.yml in serverless-offline; invoked as the AWS SDK would do it. */
export async function startLambda(
  env: FunctionEnv,
  tools: Tools,
  cleanup: Cleanup,
): Promise<Runtime> {
  const flags = ["--lambdaPort", "--httpPort", "--albPort", "--websocketPort"];
  const ports = await Promise.all(flags.map(() => freePort()));
  const options = flags.map((flag, index) => `${flag}=${ports[index]}`);
  // serverless-offline keeps the function's schedule too, each full minute. Those passes answer
  // nobody, so all are counted by what the function logs.
  let logged: { readonly totals: Totals; readonly text: string }[] = [];
  const child = startChild(
    [process.execPath, OSLS, "offline", "start", "--host=127.0.0.1", ...options],
    {
      cwd: REPOSITORY,
      env: { ...tools.env, ...env },
      onLine: (line) => {
        const pass = readLogged(line);
        if (pass !== undefined) logged.push(pass);
      },
    },
    cleanup,
  );
  const url = `http://127.0.0.1:${ports[0]}`;
  await answering(url, child);

  async function invoke(): Promise<Totals> {
    const response = await fetch(`${url}/2015-03-31/functions/${FUNCTION}/invocations`, {
      method: "POST",
      body: JSON.stringify(PASS),
    });
    const answer = (await response.json()) as { readonly reports?: readonly unknown[] };
    const own = JSON.stringify(answer.reports?.[0]);
    if (own === undefined) throw new Error(`The Lambda failed: ${JSON.stringify(answer)}`);
    await until("the Lambda's log", () => logged.some(({ text }) => text === own));
    const passes = logged;
    logged = [];
    return addUp(passes.map(({ totals }) => totals));
  }

  return {
    name: "Lambda",
    what: "functions/lambda in serverless-offline",
    tick: () => Promise.race([invoke(), child.ended]),
  };
}
