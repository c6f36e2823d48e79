import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { consumersOf, keysOf, pendingIds } from "../support/leftovers.ts";
import { connectRaw, serverTest, uniqueName } from "../support/redis.ts";
import { tcpStore } from "../support/stores.ts";
import { letTimePass } from "../support/time-travel.ts";
import { KILL_POINTS } from "./kill-points.ts";
import {
  drainWork,
  FAILS_ONCE,
  MESSAGES,
  REJECTED,
  sendWork,
  workHandler,
  workQueue,
} from "./workload.ts";

let folder: string;
let redis: Redis;
const store = tcpStore();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "xdrain-kill-"));
  redis = connectRaw();
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  redis.disconnect();
  store.close();
});

/** Runs the child to its end or its death; resolves to the signal that ended it. */
function runChild(name: string, log: string, target: string): Promise<NodeJS.Signals | null> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "pass.child.ts"), inject("redisUrl"), name, log, target],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  return new Promise((resolve) => child.once("exit", (_code, signal) => resolve(signal)));
}

function readLog(log: string, kind: "run" | "point"): string[] {
  const lines = readFileSync(log, "utf8").split("\n");
  return lines.filter((line) => line.startsWith(kind)).map((line) => line.slice(kind.length + 1));
}

/** One pass after the lease and the gate. */
async function recover(queue: ReturnType<typeof workQueue>): Promise<number[]> {
  const runs: number[] = [];
  await letTimePass(redis, queue.name, 61_000);
  await drainWork(
    queue,
    workHandler((n) => runs.push(n)),
  );
  return runs;
}

/** The numbers that stand more than once. */
function repeated(runs: readonly number[]): number[] {
  return [...new Set(runs.filter((n, i) => runs.indexOf(n) !== i))];
}

describe("a pass killed by SIGKILL", () => {
  serverTest(
    "passes every kill point of the list when it is not killed, and no other",
    async () => {
      const log = join(folder, "whole");
      const queue = workQueue(store, uniqueName());
      await sendWork(queue);
      expect(await runChild(queue.name, log, "")).toBe(null);
      expect(readLog(log, "point").sort()).toEqual([...KILL_POINTS].sort());
    },
  );

  for (const [i, target] of KILL_POINTS.entries()) {
    serverTest(`${target} loses nothing and repeats only what it had in hand`, async () => {
      const log = join(folder, String(i));
      const queue = workQueue(store, uniqueName());
      await sendWork(queue);
      const entries = (await redis.xrange(queue.name, "-", "+")).map(([id]) => id);

      expect(await runChild(queue.name, log, target)).toBe("SIGKILL");
      expect(readLog(log, "point").at(-1)).toBe(target);
      const inHand = await pendingIds(redis, queue.name).catch(() => []);
      const before = readLog(log, "run").map(Number);
      const after = await recover(queue);

      // Each message is done once or dead; none ran again but what was in hand, or had failed.
      const dead = await queue.deadLetters.list();
      expect(dead.map(({ payload }) => (payload as { n: number }).n)).toEqual([REJECTED]);
      const ran = new Set([...before, ...after]);
      expect([...ran].sort((a, b) => a - b)).toEqual([...Array(MESSAGES).keys()]);
      const mayRepeat = [FAILS_ONCE, ...inHand.map((id) => entries.indexOf(id))];
      for (const n of repeated([...before, ...after])) expect(mayRepeat).toContain(n);

      // Nothing is left but records inside their window, and the sweep's own.
      expect(await queue.depth()).toMatchObject({ entries: 0, inFlight: 0, parked: 0 });
      expect(["dead", "journal", "keys", "state", "stats"]).toEqual(
        expect.arrayContaining(await keysOf(redis, queue.name)),
      );
      expect(["xd:suspects"]).toEqual(expect.arrayContaining(await consumersOf(redis, queue.name)));
    });
  }
});
