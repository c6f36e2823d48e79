import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { createQueue, drain, type Handler } from "../../src/index.ts";
import { claim } from "../../src/inspect/index.ts";
import { EMPTY } from "../support/depth.ts";
import { consumersOf, keysOf, pendingIds } from "../support/leftovers.ts";
import { connectRaw, privateRedis, serverTest, uniqueName } from "../support/redis.ts";
import { tcpQueue, tcpStore } from "../support/stores.ts";
import { letTimePass } from "../support/time-travel.ts";
import { drainWork, MESSAGES, REJECTED, sendWork, workHandler, workQueue } from "./workload.ts";

let redis: Redis;
beforeAll(() => {
  redis = connectRaw();
});
afterAll(() => redis.disconnect());

/** A promise, and what resolves it. */
function gate<Value = void>() {
  let open: (value: Value) => void = () => {};
  const opened = new Promise<Value>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

test("a tick that fires twice runs each message once", async () => {
  const queue = tcpQueue<number>();
  await queue.sendBatch(Array.from({ length: 500 }, (_, n) => ({ payload: n })));
  const runs: number[] = [];
  const tick = () =>
    drain(queue, async (message) => {
      runs.push(message.payload);
    });
  const reports = await Promise.all([tick(), tick(), tick()]);
  expect(runs.sort((a, b) => a - b)).toEqual([...Array(500).keys()]);
  expect(reports.reduce((sum, { completed }) => sum + completed, 0)).toBe(500);
});

test("a pass that wakes after its lease changes nothing, and its report says so", async () => {
  const queue = tcpQueue<string>();
  await queue.send("slow", { idempotencyKey: "slow" });
  const started = gate();
  const wake = gate();
  const zombie = drain(queue, async () => {
    started.open();
    await wake.opened;
  });
  await started.opened;
  await letTimePass(redis, queue.name, 61_000);

  const second = gate();
  const runs: string[] = [];
  const other = drain(queue, async (message) => {
    runs.push(`second, delivery ${message.deliveries}`);
    wake.open();
    await second.opened;
  });
  expect(await zombie).toMatchObject({ completed: 0, lost: 1 });
  expect(await pendingIds(redis, queue.name)).toHaveLength(1);
  second.open();
  expect(await other).toMatchObject({ completed: 1, lost: 0, reclaimed: 1 });
  expect(runs).toEqual(["second, delivery 2"]);
  expect(await consumersOf(redis, queue.name)).toEqual(["xd:suspects"]);
});

test("keyed work that is settled in the last moments of its lease is settled", async () => {
  const queue = tcpQueue<string>();
  await queue.send("slow", { idempotencyKey: "slow" });
  const report = await drain(queue, () => letTimePass(redis, queue.name, 59_985));
  expect(report).toMatchObject({ completed: 1, lost: 0 });
});

test("extend tells a handler that its message is another pass's", async () => {
  const store = tcpStore();
  let aheadMs = 0;
  const clocked = { ...store, now: () => store.now() + aheadMs };
  const queue = createQueue<string>({ name: uniqueName(), store: clocked });
  await queue.send("x");
  const outcomes: string[] = [];
  const handler: Handler<string> = async (message, context) => {
    await context.extend();
    outcomes.push("extended");
    await letTimePass(redis, queue.name, 61_000);
    aheadMs = 61_000;
    await drain(queue, () => {
      outcomes.push(`other pass, delivery ${message.deliveries + 1}`);
    });
    await context.extend().catch((error) => outcomes.push(error.code));
    expect(context.signal.aborted).toBe(true);
  };
  const report = await drain(queue, handler, { maxDuration: "10 m" });
  expect(outcomes).toEqual(["extended", "other pass, delivery 2", "lease_lost"]);
  expect(report).toMatchObject({ completed: 0, lost: 1 });
});

test.each(["dead", "parked"] as const)(
  "a handler whose message is taken by hand (%s) is told, however that ended",
  async (to) => {
    const queue = tcpQueue<string>();
    await queue.send("x");
    const told: unknown[] = [];
    const report = await drain(queue, async ({ id }, { extend }) => {
      expect(await claim(queue, id, { to, force: true })).toMatchObject({ outcome: to });
      if (to === "parked") expect(await drain(queue, () => {})).toMatchObject({ completed: 1 });
      await extend().catch(({ code }) => told.push(code));
    });
    expect(told).toEqual(["lease_lost"]);
    expect(report).toMatchObject({ completed: 0, lost: 1, uncertain: 0 });
  },
);

serverTest(
  "a process stopped past its lease and woken cannot settle what another has done",
  async () => {
    const queue = workQueue(tcpStore(), uniqueName());
    await sendWork(queue);
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, "zombie.child.ts"), inject("redisUrl"), queue.name],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    const lines: string[] = [];
    const holding = gate();
    const ended = gate();
    child.stdout.on("data", (data: Buffer) => {
      lines.push(...data.toString().trim().split("\n"));
      if (lines.includes("holding")) holding.open();
    });
    child.once("exit", () => ended.open());
    await holding.opened;
    child.kill("SIGSTOP");
    await letTimePass(redis, queue.name, 61_000);
    const report = await drainWork(
      queue,
      workHandler(() => {}),
    );
    expect(report).toMatchObject({ stopped: "empty", completed: MESSAGES - 1, reclaimed: 4 });
    child.kill("SIGCONT");
    child.stdin.end("go on\n");
    await ended.opened;
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ completed: 0, lost: 4 });
    expect(await queue.depth()).toEqual({ ...EMPTY, dead: 1 });
  },
);

test("a group destroyed with messages in flight and parked brings everything back", async () => {
  const queue = tcpQueue<number>({ backoff: { initial: "1 h", jitter: "none" } });
  await queue.sendBatch(Array.from({ length: 20 }, (_, n) => ({ payload: n })));
  const runs = Array<number>(20).fill(0);
  let destroyed = false;
  const report = await drain(
    queue,
    async ({ payload }) => {
      runs[payload] = (runs[payload] ?? 0) + 1;
      if (payload < 5 && !destroyed) throw new Error("parked for an hour");
      if (payload === 12 && !destroyed) {
        destroyed = true;
        await redis.call("XGROUP", "DESTROY", queue.name, "xdrain");
      }
    },
    { batch: 10, prefetch: false },
  );
  // What was parked or in hand came again; what was settled did not.
  expect(report).toMatchObject({ stopped: "empty", retried: 5, lost: 10, completed: 20 });
  expect(runs).toEqual([...Array(5).fill(2), ...Array(5).fill(1), ...Array(10).fill(2)]);
  expect(await queue.depth()).toEqual(EMPTY);
});

serverTest(
  "a Redis that is killed and restarted in the middle of a pass loses nothing",
  async () => {
    const server = await privateRedis(["--appendonly", "yes", "--appendfsync", "always"]);
    const store = tcpStore(server.url);
    const queue = workQueue(store, uniqueName());
    await sendWork(queue);
    const runs: number[] = [];
    let killed = false;
    const work = workHandler((n) => runs.push(n));
    const report = await drainWork(queue, async (message, context) => {
      if (message.payload.n === 6 && !killed) {
        killed = true;
        await server.restart();
      }
      return work(message, context);
    });
    // The connection broke under the pass; the turn was sent again on a new one.
    expect(report).toMatchObject({ stopped: "empty", completed: MESSAGES - 1, dead: 1, lost: 0 });
    expect(await queue.depth()).toEqual({ ...EMPTY, dead: 1 });
    const own = connectRaw(server.url);
    expect(await consumersOf(own, queue.name)).toEqual(["xd:suspects"]);
    own.disconnect();
    store.close();
  },
);

serverTest(
  "what was in flight and parked at a restart is handed out again with its counts",
  async () => {
    const server = await privateRedis(["--appendonly", "yes", "--appendfsync", "always"]);
    const store = tcpStore(server.url);
    const queue = createQueue<number>({ name: uniqueName(), store, backoff: { initial: "1 h" } });
    await queue.sendBatch([{ payload: 0 }, { payload: 1 }]);
    await drain(queue, (message) => {
      if (message.payload === 0) throw new Error("parked");
    });
    await queue.send(2);
    const own = connectRaw(server.url);
    await own.call("XREADGROUP", "GROUP", "xdrain", "xd:gone", "STREAMS", queue.name, ">");
    await server.restart();
    await letTimePass(own, queue.name, 2 * 3_600_000);
    const seen: unknown[] = [];
    for (let pass = 0; pass < 2; pass += 1) {
      await drain(queue, ({ payload, deliveries, failures }) => {
        seen.push({ payload, deliveries, failures });
      });
    }
    expect(seen).toEqual([
      { payload: 2, deliveries: 2, failures: 0 },
      { payload: 0, deliveries: 2, failures: 1 },
    ]);
    expect(await keysOf(own, queue.name)).toEqual(["journal", "state", "stats"]);
    own.disconnect();
    store.close();
  },
);

serverTest("a Redis that restarts is not taken for somebody who trims", async () => {
  const server = await privateRedis(["--appendonly", "yes", "--appendfsync", "always"]);
  const store = tcpStore(server.url);
  const queue = createQueue<number>({ name: uniqueName(), store });
  await drain(queue, () => {}); // the group is there, and has read nothing
  await queue.sendBatch([{ payload: 0 }, { payload: 1 }]);
  expect(await drain(queue, () => {})).toMatchObject({ completed: 2 });
  await server.restart(); // what the group has read is not in the log
  await queue.send(2);
  expect(await drain(queue, () => {})).toMatchObject({ completed: 1, trimmedUnread: 0 });
  store.close();
});

test("the workload's dead letter tells why", async () => {
  const queue = workQueue(tcpStore(), uniqueName());
  await sendWork(queue);
  await drainWork(
    queue,
    workHandler(() => {}),
  );
  expect(await queue.deadLetters.list()).toMatchObject([
    { payload: { n: REJECTED }, reason: "rejected", error: "Reject: never works", failures: 1 },
  ]);
});
