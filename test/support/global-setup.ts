import type { TestProject } from "vitest/node";
import { findRedisServer, type LocalRedis, startRedis } from "../../scripts/local-redis.ts";
import { findPythonRedis, type PythonRedis } from "../../scripts/python-redis.ts";

declare module "vitest" {
  interface ProvidedContext {
    redisUrl: string;
    redisKind: "server" | "embedded";
    /** How to start a Python with redis-py; undefined if there is none. */
    pythonRedis: PythonRedis | undefined;
  }
}

let redis: LocalRedis | undefined;

/** One Redis for all test files; each test works under its own queue names. */
export async function setup(project: TestProject) {
  redis = await startRedis(findRedisServer({ install: true }));
  project.provide("redisUrl", redis.url);
  project.provide("redisKind", redis.kind);
  const python = findPythonRedis({ install: true });
  if (python === undefined && process.env.CI === "true") {
    throw new Error("There is no Python with redis-py for the tests in test/seeds.");
  }
  project.provide("pythonRedis", python);
}

export async function teardown() {
  await redis?.stop();
}
