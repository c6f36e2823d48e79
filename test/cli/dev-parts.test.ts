import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { watchChanges } from "../../src/cli/dev/changes.ts";
import { createFinishing } from "../../src/cli/dev/finishing.ts";
import { type Supervised, supervise } from "../../src/cli/dev/supervise.ts";
import { createQueue, drain } from "../../src/index.ts";
import { memoryStore } from "../../src/testing.ts";
import { scratch } from "./support/scratch.ts";

interface Seen {
  readonly waited: number[];
  nothing: number;
}

function finishing(forMs: number) {
  const seen: Seen = { waited: [], nothing: 0 };
  const made = createFinishing({
    forMs,
    onWait: (running) => seen.waited.push(running),
    onNothing: () => {
      seen.nothing += 1;
    },
    onHandled: () => {},
  });
  return { seen, ...made };
}

test("a process that has no handler yet ends at once, and an idle pass does", () => {
  const { seen, end, signal, around } = finishing(60_000);
  end();
  expect(seen).toEqual({ waited: [], nothing: 1 });
  expect(signal.aborted).toBe(false);
  around(() => {});
  end();
  expect(seen).toEqual({ waited: [], nothing: 1 });
  expect(signal.aborted).toBe(true);
});

test("a pass that is told to end finishes what runs, and gives back what it has not begun", async () => {
  const queue = createQueue<number>({ name: "orders", store: memoryStore(), maxFailures: 1 });
  await queue.sendBatch([1, 2, 3, 4, 5].map((payload) => ({ payload })));
  const { seen, end, signal, around } = finishing(60_000);
  const report = await drain(
    queue,
    around(async () => {
      end();
      await new Promise((done) => setImmediate(done));
      expect(signal.aborted).toBe(false);
    }),
    { signal, concurrency: 1 },
  );
  expect(seen.waited).toEqual([1]);
  expect(report).toMatchObject({ completed: 1, retried: 0, dead: 0, stopped: "aborted" });
  expect(await queue.depth()).toMatchObject({ entries: 4, inFlight: 0 });
});

test("what does not finish in its time is aborted", async () => {
  const queue = createQueue<number>({ name: "orders", store: memoryStore() });
  await queue.send(1);
  const { end, signal, around } = finishing(10);
  const reason = await new Promise((resolve) => {
    void drain(
      queue,
      around((_message, context) => {
        end();
        context.signal.addEventListener("abort", () => resolve(context.signal.reason));
        return new Promise(() => {});
      }),
      { signal },
    );
  });
  expect(reason).toMatchObject({ name: "InterruptError" });
});

test("a program that does not end in its time is killed, with all that it started", async () => {
  const folder = scratch();
  const changes = watchChanges([folder]);
  onTestFinished(() => changes.close());
  const stopping = new AbortController();
  const told: string[] = [];
  const deaf = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')";
  const program: Supervised = {
    start() {
      const child = spawn(process.execPath, ["-e", deaf], { detached: true });
      child.stdout.once("data", () => {
        if (told.length === 0) writeFileSync(join(folder, "a"), "1");
        else stopping.abort();
      });
      return child;
    },
    end: (child) => void child.kill("SIGTERM"),
    graceMs: 50,
    pauseMs: 0,
    isStarting: () => false,
    changes,
    tell: (event) => told.push(event),
  };
  await supervise(program, stopping.signal);
  expect(told).toEqual(["changed", "killed", "killed"]);
});
