import { join } from "node:path";
import { freePort } from "../scripts/local-redis.ts";
import { startChild } from "./child.ts";
import type { Cleanup } from "./cleanup.ts";
import { addUp, readReport } from "./reports.ts";
import { type FunctionEnv, PASS, type Runtime } from "./runtime.ts";
import { REPOSITORY, type Tools } from "./tools.ts";
import { answering } from "./wait.ts";

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
  const options = [
    ...flags.map((flag, index) => `${flag}=${ports[index]}`),
    "--host=127.0.0.1",
    "--noSponsor",
    // The demo keeps the schedule itself: every pass has to be in its sums.
    "--param=ticks=false",
  ];
  const child = startChild(
    [process.execPath, OSLS, "offline", "start", ...options],
    { cwd: REPOSITORY, env: { ...tools.env, ...env } },
    cleanup,
  );
  const url = `http://127.0.0.1:${ports[0]}`;
  await answering(url, child);

  async function invoke() {
    const response = await fetch(`${url}/2015-03-31/functions/${FUNCTION}/invocations`, {
      method: "POST",
      body: JSON.stringify(PASS),
    });
    const answer = (await response.json()) as { readonly reports?: readonly unknown[] };
    if (answer.reports === undefined) {
      throw new Error(`The Lambda failed: ${JSON.stringify(answer)}`);
    }
    return addUp(answer.reports.map(readReport));
  }

  return {
    name: "Lambda",
    what: "functions/lambda in serverless-offline",
    tick: () => Promise.race([invoke(), child.ended]),
  };
}
