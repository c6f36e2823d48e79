import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, inject, test } from "vitest";
import {
  HTTP_SERVER,
  IOREDIS,
  JOSE,
  LAMBDA,
  OPENTELEMETRY,
  SCHEDULER,
  UPSTASH,
} from "../../src/needed.ts";
import { tokenFor } from "../qstash/support.ts";
import { NOW } from "../signing/support.ts";
import { serverTest, uniqueName } from "../support/redis.ts";

const root = join(import.meta.dirname, "../..");

serverTest("with the oldest versions of all packages everything works", async () => {
  const hooks = pathToFileURL(join(import.meta.dirname, "oldest.hooks.mjs")).href;
  const child = join(import.meta.dirname, "oldest.child.ts");
  const prefix = uniqueName("oldest");
  const url = `http://app.example.com/queues/${prefix}-orders/drain`;
  const good = await tokenFor(url, { body: "{}" });
  const refused = await tokenFor(url, { body: "{}", claims: { nbf: undefined } });
  const args = ["--import", hooks, child, inject("redisUrl"), prefix, String(NOW), good, refused];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
  const drained = { seen: 270, retried: 30, parked: 30 };
  expect(JSON.parse(stdout)).toEqual({
    tcp: drained,
    rest: drained,
    http: { sent: 202, refused: 401, pass: 200, completed: 1 },
    dashboard: { entered: 303, shown: true },
    traced: 1,
    cluster:
      "A cluster in xdrain/gateway needs ioredis 5.9.0 or newer, and what is installed cannot be used (it is older): npm install ioredis@latest",
    given: ["@hono/node-server", "@opentelemetry/api", "@upstash/redis", "hono", "ioredis", "jose"],
  });
  // Three entry points use hono, and one of them says it.
  expect(stderr.match(/XDRAIN_OLD_HONO/g)).toHaveLength(1);
  expect(stderr).toContain("hono 4.0.0 has known security holes");
});

test("what messages and documentation call the oldest versions are those that are tested", () => {
  const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    devDependencies: Record<string, string>;
  };
  const page = readFileSync(join(root, "docs/packages.md"), "utf8");
  const named = { ...HTTP_SERVER, ...IOREDIS, ...UPSTASH, ...JOSE, ...OPENTELEMETRY };
  for (const [name, version] of Object.entries(named)) {
    expect(devDependencies[`${name}-oldest`]).toBe(`npm:${name}@${version}`);
  }
  for (const [name, version] of Object.entries({ ...named, ...SCHEDULER, ...LAMBDA })) {
    expect(page).toMatch(new RegExp(`\\| \`${name}\` \\|[^|]+\\| ${version} `));
  }
});
