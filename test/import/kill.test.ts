import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, inject, onTestFinished } from "vitest";
import { connectRaw, serverTest, uniqueName } from "../support/redis.ts";
import { tcpStore } from "../support/stores.ts";
import { listsInRedis, orders } from "./targets.ts";

const KILLS = 10;

/** Numbers from a seed (mulberry32), so that a failure can be repeated. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** Runs an import until it ends or dies; resolves to the signal that ended it. */
function runChild(...args: readonly string[]): Promise<NodeJS.Signals | null> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "import.child.ts"), inject("redisUrl"), ...args],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  return new Promise((resolve) => child.once("exit", (_code, signal) => resolve(signal)));
}

for (const seed of [1, 2, 3]) {
  serverTest(
    `killed ${KILLS} times beside a worker and a producer, it moves each item once (seed ${seed})`,
    async () => {
      const random = randomFrom(seed);
      const redis = connectRaw();
      const store = tcpStore();
      onTestFinished(() => {
        redis.disconnect();
        store.close();
      });
      const { push, take, finish, items, entries } = listsInRedis(redis, store);
      const name = uniqueName("import");
      const [list, backup, busy] = [`${name}:list`, `${name}:backup`, `${name}:busy`];
      await push(backup, ...orders(20));
      await push(list, ...orders(80, 20));
      let produced = 100;
      const worked: string[] = [];

      let dying = true;
      const oldProgram = async () => {
        while (dying) {
          await push(list, ...orders(1, produced));
          produced += 1;
          const item = random(3) === 0 ? await take(list, busy) : undefined;
          if (item !== undefined) {
            worked.push(item);
            await finish(busy, item);
          }
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      };
      const old = oldProgram();
      for (let kill = 0; kill < KILLS; kill += 1) {
        const how = ["before", "after", `during${random(3)}`][random(3)] ?? "";
        const slice = String(1 + random(4));
        expect(await runChild(name, list, backup, slice, how), `${how} slice ${slice}`).toBe(
          "SIGKILL",
        );
      }
      dying = false;
      await old;
      expect(await runChild(name, list, backup)).toBe(null);

      const moved = (await entries(name)).map((fields) => fields[1]);
      expect(moved.length).toBeGreaterThan(20);
      expect([...moved, ...worked].sort()).toEqual(orders(produced).sort());
      expect([await items(list), await items(backup), await items(busy)]).toEqual([[], [], []]);
    },
  );
}
