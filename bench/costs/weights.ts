import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type BuildOptions, build } from "esbuild";

const ROOT = join(import.meta.dirname, "..", "..");

export interface Weights {
  /** Bytes, minified and gzipped. */
  readonly coreAndRest: number;
  readonly worker: number;
  readonly lambda: number;
  /** BullMQ's worker, bundled in the same way. */
  readonly bullmq: number;
}

/** What functions upload: the library alone, and whole functions with all they import. */
export async function weigh(): Promise<Weights> {
  const library = `
    export { createQueue, drain } from "./src/index.ts";
    export { upstash } from "./src/redis/upstash.ts";`;
  return {
    coreAndRest: await gzipped(library, { platform: "neutral", external: ["@upstash/redis"] }),
    worker: await gzipped('export { default } from "./functions/worker/index.ts";', {
      platform: "browser",
      conditions: ["workerd", "worker", "browser"],
    }),
    lambda: await gzipped('export * from "./functions/lambda/index.ts";', {
      platform: "node",
      // As infra/aws/bundle.ts makes it for a Redis with a REST API.
      external: ["@aws-sdk/*", "ioredis"],
    }),
    bullmq: await gzipped('export { Worker } from "bullmq";', { platform: "node" }),
  };
}

async function gzipped(contents: string, options: BuildOptions): Promise<number> {
  const { outputFiles = [] } = await build({
    ...options,
    stdin: { contents, resolveDir: ROOT, loader: "ts" },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2023",
    legalComments: "none",
    write: false,
    logLevel: "error",
  });
  return gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).length;
}
