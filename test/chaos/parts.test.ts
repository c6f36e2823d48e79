import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { freePort } from "../../scripts/local-redis.ts";
import { createQueue, drain } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { memoryStore } from "../../src/testing.ts";
import { connectRaw, privateRedis, serverTest } from "../support/redis.ts";
import { startCollector } from "./collector.ts";
import { collectorAt } from "./collector-client.ts";
import { emptyLedger, runReader } from "./ledger.ts";
import { findLeftovers } from "./leftovers.ts";
import { observe } from "./observe.ts";
import { readOptions } from "./options.ts";
import { fateOf, keyOf } from "./plan.ts";
import { keepRunning } from "./process.ts";
import { chaosQueue, STREAM } from "./queue.ts";
import { seeded } from "./random.ts";

test("the same seed draws the same numbers, and its streams differ", () => {
  const draw = (stream: string) => Array.from({ length: 5 }, seeded(3, stream));
  expect(draw("a")).toEqual(draw("a"));
  expect(draw("a")).not.toEqual(draw("b"));
});

test("an observed pass writes down what it ran and what the store confirmed", async () => {
  const lines: string[] = [];
  const observed = observe(memoryStore(), (text) => {
    lines.push(...text.split("\n").filter((line) => line !== ""));
  });
  const queue = chaosQueue(observed.store);
  const [sent] = await queue.sendBatch([{ payload: { n: 1 } }]);
  await observed.passEnded(await drain(queue, observed.handler));
  expect(lines.map((line) => line.split(" ")[0])).toEqual(["s", "d", "c", "e"]);
  const ledger = emptyLedger();
  lines.forEach(runReader(ledger));
  expect(ledger.runs).toMatchObject([{ n: 1, id: sent?.id, delivery: 1, end: "confirmed" }]);
  expect(ledger.confirmations).toMatchObject([{ id: sent?.id, delivery: 1 }]);
  expect(ledger.passes.totals).toEqual({ completed: 1 });
});

test("a message that was delayed is written down by the id that its sender knows", async () => {
  const lines: string[] = [];
  const observed = observe(memoryStore(), (text) => {
    lines.push(...text.split("\n").filter((line) => line !== ""));
  });
  const queue = chaosQueue(observed.store);
  const [sent] = await queue.sendBatch([{ payload: { n: 1 }, delay: 1 }]);
  await observed.store.sleep(5);
  await drain(queue, observed.handler);
  const ledger = emptyLedger();
  lines.forEach(runReader(ledger));
  expect(ledger.confirmations).toMatchObject([{ id: sent?.id, delivery: 1 }]);
});

test("an observed message with a foreign key does not count as done", async () => {
  const lines: string[] = [];
  const observed = observe(memoryStore(), (text) => {
    lines.push(text);
  });
  const queue = chaosQueue(observed.store);
  expect([fateOf(1), keyOf(1)]).toEqual(["works", undefined]);
  await queue.send({ n: 1 }, { idempotencyKey: "of another" });
  await drain(queue, observed.handler);
  expect(lines.filter((line) => line.startsWith("d"))).toEqual([]);
});

test("collected lines are in their file, in order, when the writer is told so", async () => {
  const folder = mkdtempSync(join(tmpdir(), "xdrain-collector-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const collector = await startCollector(folder);
  onTestFinished(() => collector.close());
  const write = collectorAt(collector.urlFor("lines"));
  await Promise.all(["a\n", "b\n", "c\n"].map(write));
  expect(readFileSync(join(folder, "lines"), "utf8")).toBe("a\nb\nc\n");
});

test("a killed child lives again, and one that is stopped does not", async () => {
  const port = await freePort();
  const failures: string[] = [];
  const lives: number[] = [];
  const redis = `redis://127.0.0.1:${await freePort()}`;
  const gateway = keepRunning({
    name: "gateway",
    program: "gateway.child.ts",
    env: () => process.env,
    settings: (life) => {
      lives.push(life);
      return { redis, port, token: "token-of-the-test" };
    },
    onFailure: (text) => failures.push(text),
  });
  onTestFinished(() => gateway.stop(0));
  await answering(port);
  expect(gateway.kill()).toBe(true);
  expect(gateway.kill()).toBe(false);
  while (lives.length < 2) await new Promise((done) => setTimeout(done, 5));
  await answering(port);
  await gateway.stop(2_000);
  await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow();
  expect({ lives, failures }).toEqual({ lives: [0, 1], failures: [] });
});

async function answering(port: number): Promise<void> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer !== undefined) return;
    await new Promise((done) => setTimeout(done, 20));
  }
}

test("a child that ends by itself is a finding, with its last words", async () => {
  const failures: string[] = [];
  let ended = () => {};
  const found = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const child = keepRunning({
    name: "gateway",
    program: "gateway.child.ts",
    env: () => process.env,
    settings: () => ({ redis: "no URL", port: 0, token: "token" }),
    onFailure: (text) => {
      failures.push(text);
      ended();
    },
  });
  await found;
  await child.stop(0);
  expect(failures).toHaveLength(1);
  expect(failures[0]).toContain("Expected the Redis URL");
});

serverTest("leftovers of a drained queue are told, and what should not be there", async () => {
  const redis = await privateRedis();
  const store = ioredis({ url: redis.url });
  const client = connectRaw(redis.url);
  onTestFinished(() => {
    client.disconnect();
    store.close();
  });
  const queue = createQueue<{ n: number }>({ name: STREAM, store });
  await queue.sendBatch([{ payload: { n: 1 } }, { payload: { n: 3 }, idempotencyKey: "key-3" }]);
  await drain(queue, () => {});
  const clean = await findLeftovers(client, STREAM);
  expect(clean).toMatchObject({ consumers: ["xd:suspects"], violations: [] });
  expect(Object.keys(clean.keys)).toContain("chaos:xdrain:keys");

  await client.zadd(`{${STREAM}}:xd:${STREAM}:xdrain:parked`, 1, "1-1");
  await client.set(`{${STREAM}}:xd:${STREAM}:xdrain:sent:r`, "1-1");
  await client.xadd(STREAM, "*", "a", "b");
  await client.xreadgroup("GROUP", "xdrain", "xd:dead", "STREAMS", STREAM, ">");
  const { violations } = await findLeftovers(client, STREAM);
  expect(violations).toEqual([
    "chaos: 1 entries are left",
    "{chaos}:xd:chaos:xdrain:parked: it holds 1, and the queue is drained",
    "{chaos}:xd:chaos:xdrain:sent:r lives for -1 ms",
    "consumer xd:dead is left",
    "consumer xd:dead still holds 1",
  ]);
});

test("the command line is read, and mistakes are told", () => {
  const read = (...args: string[]) => readOptions(args, () => 42);
  expect(read()).toEqual({ run: { messages: 20_000, seconds: 70, seed: 42, failover: false } });
  expect(read("--messages", "1000000", "--seed", "5", "--failover")).toEqual({
    run: { messages: 1_000_000, seconds: 834, seed: 5, failover: true },
  });
  expect(read("--beside", "dist")).toMatchObject({ run: { beside: "dist" } });
  expect(read("--messages", "many")).toMatchObject({ mistake: expect.stringContaining("many") });
  expect(read("--help")).toEqual({ help: true });
});
