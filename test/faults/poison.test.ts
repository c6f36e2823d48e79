import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createQueue, drain } from "../../src/index.ts";
import { commandStats } from "../support/command-stats.ts";
import { consumersOf, keysOf } from "../support/leftovers.ts";
import { connectRaw, privateRedis, serverTest, uniqueName } from "../support/redis.ts";
import { tcpQueue, tcpStore } from "../support/stores.ts";
import { letTimePass } from "../support/time-travel.ts";

serverTest(
  "a message among 100 that kills its process every time ends as a dead letter and takes few along",
  async () => {
    const server = await privateRedis();
    const redis = connectRaw(server.url);
    const store = tcpStore(server.url);
    const folder = mkdtempSync(join(tmpdir(), "xdrain-poison-"));
    onTestFinished(() => {
      redis.disconnect();
      store.close();
      rmSync(folder, { recursive: true, force: true });
    });
    const queue = createQueue<string>({ name: uniqueName(), store });
    await queue.sendBatch(
      Array.from({ length: 100 }, (_, n) => ({ payload: n === 42 ? "poison" : `good ${n}` })),
    );
    await redis.config("RESETSTAT");

    const log = join(folder, "log");
    const pass = () =>
      new Promise<NodeJS.Signals | null>((resolve) => {
        const file = join(import.meta.dirname, "poison.child.ts");
        const child = spawn(process.execPath, [file, server.url, queue.name, log], {
          stdio: "inherit",
        });
        child.once("exit", (_code, signal) => resolve(signal));
      });
    let deaths = 0;
    while ((await redis.xlen(queue.name)) > 0) {
      if ((await pass()) === "SIGKILL") deaths += 1;
      await letTimePass(redis, queue.name, 61_000);
    }

    const turns = (await commandStats(redis)).evalsha ?? 0;
    const runs = new Map<string, number>();
    for (const line of readFileSync(log, "utf8").trim().split("\n")) {
      if (line.startsWith("report")) continue;
      const payload = line.slice(0, line.lastIndexOf(" "));
      runs.set(payload, Math.max(runs.get(payload) ?? 0, Number(line.split(" ").at(-1))));
    }
    const [dead, ...others] = await queue.deadLetters.list();
    expect(dead).toMatchObject({
      payload: "poison",
      reason: "crashed",
      deliveries: 10,
      failures: 0,
    });
    expect(others).toEqual([]);
    expect(deaths).toBeLessThanOrEqual(10);
    expect(runs.get("poison")).toBe(10);
    runs.delete("poison");
    expect(runs.size).toBe(99);
    expect(Math.max(...runs.values())).toBeLessThanOrEqual(3);
    expect(turns).toBeLessThanOrEqual(60);
    expect(await consumersOf(redis, queue.name)).toEqual(["xd:suspects"]);
    expect(await keysOf(redis, queue.name)).toEqual(["dead", "journal", "state", "stats"]);
  },
);

test("passes that die in their first turn leave the ordinary messages to every other one", async () => {
  const redis = connectRaw();
  const queue = tcpQueue<string>();
  await queue.sendBatch(Array.from({ length: 3 }, (_, n) => ({ payload: `killer ${n}` })));
  await drain(queue, () => {}, { maxMessages: 1 });
  await redis.call("XREADGROUP", "GROUP", "xdrain", "xd:died", "STREAMS", queue.name, ">");
  await letTimePass(redis, queue.name, 61_000);
  await queue.send("ordinary");
  const firsts: string[] = [];
  for (let pass = 0; pass < 2; pass += 1) {
    const seen: string[] = [];
    await drain(
      queue,
      ({ payload }) => {
        seen.push(payload);
      },
      { maxMessages: 1 },
    );
    firsts.push(seen[0] ?? "");
  }
  expect(firsts.sort()).toEqual(["killer 1", "ordinary"]);
  redis.disconnect();
});

test("with onCrash dead, what was in the hand of a pass that died is not run again", async () => {
  const redis = connectRaw();
  const queue = tcpQueue<string>({ onCrash: "dead" });
  await queue.sendBatch([{ payload: "in hand" }, { payload: "not yet read" }]);
  await drain(queue, () => {}, { maxMessages: 1, deadline: new Date(Date.now() + 5_000) });
  await queue.send("crashed with");
  await redis.call(
    "XREADGROUP",
    "GROUP",
    "xdrain",
    "xd:died",
    "COUNT",
    1,
    "STREAMS",
    queue.name,
    ">",
  );
  await letTimePass(redis, queue.name, 61_000);
  const seen: string[] = [];
  const report = await drain(queue, ({ payload }) => {
    seen.push(payload);
  });
  expect(seen).toEqual(["crashed with"]);
  expect(report).toMatchObject({ dead: 1, completed: 1 });
  expect(await queue.deadLetters.list()).toMatchObject([
    { payload: "not yet read", reason: "crashed" },
  ]);
  redis.disconnect();
});

test("with several lanes, what passes died with is in hand alone all the same", async () => {
  const redis = connectRaw();
  const queue = tcpQueue<number>();
  await queue.sendBatch(Array.from({ length: 200 }, (_, n) => ({ payload: n })));
  await redis.call("XGROUP", "CREATE", queue.name, "xdrain", "0");
  await redis.call(
    "XREADGROUP",
    "GROUP",
    "xdrain",
    "xd:died",
    "COUNT",
    9,
    "STREAMS",
    queue.name,
    ">",
  );
  const crashes = `{${queue.name}}:xd:${queue.name}:xdrain:crashes`;
  for (const [id] of await redis.xrange(queue.name, "-", "+", "COUNT", 9)) {
    await redis.hset(crashes, id, 1);
  }
  await letTimePass(redis, queue.name, 61_000);
  let inHand = 0;
  const beside: number[] = [];
  const report = await drain(
    queue,
    async ({ payload }) => {
      inHand = (await queue.depth()).inFlight;
      if (payload < 9) beside.push(inHand - 9 + [...beside].length);
    },
    { lanes: 4, batch: 20 },
  );
  // Of the nine suspects one is with this pass at a time, and none of the other messages.
  expect(beside).toEqual(Array(9).fill(0));
  expect(report).toMatchObject({ completed: 200, reclaimed: 9 });
  redis.disconnect();
});
