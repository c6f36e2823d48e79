import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Queue } from "bullmq";
import { expect, onTestFinished } from "vitest";
import { createQueue } from "../../src/index.ts";
import { connectRaw, privateRedis, serverTest } from "../support/redis.ts";
import { tcpStore } from "../support/stores.ts";

const root = join(import.meta.dirname, "../..");
const SOURCES: Readonly<Record<string, string>> = {
  xdrain: "src/index.ts",
  "xdrain/import-list": "src/import-list/index.ts",
  "xdrain/ioredis": "src/redis/ioredis.ts",
  "xdrain/testing": "src/testing.ts",
};

/** Runs the page's block that has a text in it, in a process of its own; returns what it printed. */
async function runBlock(page: string, containing: string, redisUrl = ""): Promise<string[]> {
  const text = readFileSync(join(root, "docs", page), "utf8");
  const blocks = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? "");
  const code = blocks.find((block) => block.includes(containing)) ?? expect.fail("It is gone.");
  // In the checkout, so that the packages of the block are found.
  mkdirSync(join(root, ".cache"), { recursive: true });
  const folder = mkdtempSync(join(root, ".cache", "pages-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "block.ts");
  const imported = (_: string, entry: string) =>
    `from ${JSON.stringify(join(root, SOURCES[entry] ?? expect.fail(entry)))}`;
  writeFileSync(file, code.replaceAll(/from "(xdrain[^"]*)"/g, imported));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [file], {
    env: { ...process.env, REDIS_URL: redisUrl },
  });
  expect(stderr).toBe("");
  return stdout.trim().split("\n");
}

serverTest("moving over from a list does what the page says", async () => {
  expect(await runBlock("moving-over.md", "store.list")).toEqual([
    "2 { c1: 1, q1: 1 } false",
    "[ { list: 'q1', reason: 'It is not JSON.', bytes: 10 } ]",
    "order 0",
    "order 1",
    "2",
  ]);
});

serverTest("taking over a stream does what the page says", async () => {
  expect(await runBlock("moving-over.md", "orders:stream")).toEqual(["a case", "1"]);
});

serverTest("taking over what @upstash/queue sent does what the page says", async () => {
  expect(await runBlock("moving-over.md", "messageBody")).toEqual(["1", "2", "2"]);
});

serverTest("two groups on one stream do what the page says", async () => {
  expect(await runBlock("choosing.md", "signups")).toEqual([
    "a mail to ada@example.com",
    "an account: ada@example.com",
    "1 1 0",
  ]);
});

serverTest("a list of another slot is copied as the page says", async () => {
  const { url } = await privateRedis();
  const redis = connectRaw(url);
  onTestFinished(() => redis.disconnect());
  await redis.lpush("q1", "a", "b");
  for (let i = 0; i < 2; i += 1) await runBlock("moving-over.md", "dumpBuffer", url);
  expect(await redis.lrange("{orders}:q1", 0, -1)).toEqual(["b", "a"]);
  expect(await redis.exists("q1")).toBe(0);
});

serverTest("BullMQ's delayed jobs are sent as the page says", async () => {
  const { url } = await privateRedis();
  const old = new Queue("orders", { connection: { url } });
  const store = tcpStore(url);
  onTestFinished(async () => {
    store.close();
    await old.close();
  });
  await old.add("ship", { order: 1 }, { delay: 3_600_000 });
  await old.add("ship", { order: 2 }, { delay: 7_200_000 });
  await old.add("ship", { order: 3 });
  await runBlock("moving-over.md", "bullmq", url);
  expect(await old.getJobCounts("delayed", "waiting")).toEqual({ delayed: 0, waiting: 1 });
  expect(await createQueue({ name: "orders", store }).depth()).toMatchObject({ delayed: 2 });
});
