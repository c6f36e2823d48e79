import type { TestProject } from "vitest/node";
import { findRedisServer, type LocalRedis, startRedis } from "../../scripts/local-redis.ts";

declare module "vitest" {
  interface ProvidedContext {
    redisUrl: string;
    redisKind: "server" | "embedded";
  }
}

let redis: LocalRedis | undefined;

/** One Redis for all test files; each test works under its own queue names. */
export async function setup(project: TestProject) {
  redis = await startRedis(findRedisServer({ install: true }));
  project.provide("redisUrl", redis.url);
  project.provide("redisKind", redis.kind);
}

export async function teardown() {
  await redis?.stop();
}
