import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Queue } from "bullmq";
import { build } from "esbuild";
import { createQueue } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { type Environment, startEnvironment } from "../environment.ts";
import type { StartFigures } from "../start/start.child.ts";
import { median } from "../statistics.ts";
import { TOKEN } from "../target.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const JOBS = 3_000;
const DELIVERY = { event: "issues", delivery: "1", payload: { action: "opened", number: 42 } };

/** The Lambda entry beside BullMQ's worker, each in fresh processes: medians. */
export interface StartCosts {
  readonly lambda: StartFigures;
  readonly bullmq: StartFigures;
}

export async function startCosts(rounds: number): Promise<StartCosts> {
  const env = await startEnvironment();
  const folder = mkdtempSync(join(tmpdir(), "xdrain-start-"));
  try {
    const bundles = {
      lambda: await bundle("functions/lambda/index.ts", folder),
      bullmq: await bundle("bench/start/bullmq-entry.ts", folder),
    };
    const runs: Record<keyof StartCosts, StartFigures[]> = { lambda: [], bullmq: [] };
    for (let round = -1; round < rounds; round += 1) {
      const lambda = await lambdaRun(env, bundles.lambda);
      const bullmq = await bullmqRun(env, bundles.bullmq);
      if (round < 0) continue; // warms up the file cache
      runs.lambda.push(lambda);
      runs.bullmq.push(bullmq);
    }
    return { lambda: medians(runs.lambda), bullmq: medians(runs.bullmq) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await env.close();
  }
}

async function lambdaRun(env: Environment, file: string): Promise<StartFigures> {
  const store = ioredis({ url: env.redisUrl });
  const queue = createQueue<typeof DELIVERY>({ name: "inbox", store });
  await queue.sendBatch(Array.from({ length: JOBS }, () => ({ payload: DELIVERY })));
  store.close();
  const { restUrl } = await env.targetAt(0);
  return start(
    file,
    { queue: "inbox", maxMessages: JOBS },
    {
      UPSTASH_REDIS_REST_URL: restUrl,
      UPSTASH_REDIS_REST_TOKEN: TOKEN,
    },
  );
}

async function bullmqRun(env: Environment, file: string): Promise<StartFigures> {
  const queue = new Queue("inbox", { connection: { url: env.redisUrl } });
  await queue.addBulk(Array.from({ length: JOBS }, () => ({ name: "n", data: DELIVERY })));
  await queue.close();
  return start(file, { jobs: JOBS }, { REDIS_URL: env.redisUrl });
}

function start(
  file: string,
  event: Readonly<Record<string, unknown>>,
  variables: Readonly<Record<string, string>>,
): Promise<StartFigures> {
  const child = fork(join(ROOT, "bench/start/start.child.ts"), [file, JSON.stringify(event)], {
    execArgv: ["--expose-gc"],
    env: { PATH: process.env.PATH, ...variables },
  });
  return new Promise((resolve, reject) => {
    child.once("message", (figures: StartFigures) => resolve(figures));
    child.once("exit", (code) => reject(new Error(`The process ended with ${code}.`)));
  });
}

/** As infra/aws/bundle.ts makes the function that is deployed. */
async function bundle(entry: string, folder: string): Promise<string> {
  const outfile = join(folder, `${entry.replaceAll(/\W/g, "-")}.cjs`);
  await build({
    entryPoints: [join(ROOT, entry)],
    outfile,
    bundle: true,
    platform: "node",
    target: "node22",
    format: "cjs",
    minify: true,
    external: ["@aws-sdk/*"], // the runtime has it, and it is loaded only to change a schedule
    legalComments: "none",
    logLevel: "error",
  });
  return outfile;
}

function medians(runs: readonly StartFigures[]): StartFigures {
  const of = (name: keyof StartFigures) => median(runs.map((run) => run[name]));
  return { importMs: of("importMs"), idleHeap: of("idleHeap"), busyHeap: of("busyHeap") };
}
