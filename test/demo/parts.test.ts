import { expect, test } from "vitest";
import { createCleanup } from "../../demo/cleanup.ts";
import { HELP, readOptions } from "../../demo/options.ts";
import { showProgress } from "../../demo/progress.ts";
import { addUp, NOTHING, readReport } from "../../demo/reports.ts";
import type { Runtime } from "../../demo/runtime.ts";
import { startTicking } from "../../demo/tick.ts";
import { drain } from "../../src/index.ts";
import { tcpQueue } from "../support/stores.ts";

test.each([
  [[], { run: { kind: "own", embedded: false } }],
  [["--embedded"], { run: { kind: "own", embedded: true } }],
  [["--redis", "redis://host"], { run: { kind: "tcp", url: "redis://host" } }],
  [["--rest", "https://host", "t"], { run: { kind: "rest", url: "https://host", token: "t" } }],
  [["--help"], { help: true }],
  [["--rest", "https://host"], { mistake: expect.stringContaining("token") }],
  [["--redis", "redis://host", "--embedded"], { mistake: expect.stringContaining("one of") }],
  [["redis://host"], { mistake: expect.stringContaining("redis://host") }],
  [["--docker"], { mistake: expect.stringContaining("--docker") }],
])("the command line %j is understood", (args, asked) => {
  expect(readOptions(args)).toEqual(asked);
});

test("the help fits a terminal of 80 columns", () => {
  expect(Math.max(...HELP.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
});

test("the clean-up runs backwards, past steps that fail or hang", async () => {
  const failures: unknown[] = [];
  const done: string[] = [];
  const cleanup = createCleanup((error) => failures.push(error));
  cleanup.add(() => done.push("first"));
  cleanup.add(() => new Promise(() => {}), 1);
  cleanup.add(() => Promise.reject(new Error("no")));
  cleanup.add(() => done.push("last"));
  await cleanup.run();
  expect(done).toEqual(["last", "first"]);
  expect(failures).toHaveLength(2);
});

test("what is added after the clean-up began is undone too", async () => {
  const done: string[] = [];
  const cleanup = createCleanup(() => expect.fail("failed"));
  cleanup.add(() => {
    cleanup.add(() => done.push("late"));
  });
  await cleanup.run();
  cleanup.add(() => done.push("later"));
  await cleanup.run();
  expect(done).toEqual(["late", "later"]);
});

test("a report that came as JSON adds up, and anything else is refused", async () => {
  const queue = tcpQueue<number>();
  await queue.sendBatch([{ payload: 1 }, { payload: 2 }]);
  const report: unknown = JSON.parse(JSON.stringify(await drain(queue, () => {})));
  const totals = readReport(report);
  expect(addUp([totals, totals])).toMatchObject({ passes: 2, completed: 4, dead: 0 });
  expect(() => readReport({ error: { code: "store_unavailable" } })).toThrow("store_unavailable");
  expect(() => readReport(undefined)).toThrow("report");
});

function runtime(tick: Runtime["tick"]): Runtime {
  return { name: "f", what: "a function", tick };
}

test("every runtime ticks until all is settled", async () => {
  let ticks = 0;
  const pass = { ...NOTHING, passes: 1, completed: 1 };
  const tick = () => {
    ticks += 1;
    return Promise.resolve(pass);
  };
  const both = [runtime(tick), runtime(tick)];
  const settled = () => Promise.resolve(ticks >= 2);
  const { done, finished } = startTicking(both, { settled, deadline: Infinity });
  await finished;
  for (const totals of done.values()) expect(totals.completed).toBeGreaterThan(0);
});

test("a runtime that fails ends the ticking, and a deadline ends it too", async () => {
  const broken = runtime(() => Promise.reject(new Error("workerd is gone")));
  const settled = () => Promise.resolve(false);
  const failing = startTicking([broken], { settled, deadline: Infinity });
  await expect(failing.finished).rejects.toThrow("workerd is gone");
  const idle = runtime(() => Promise.resolve(NOTHING));
  await startTicking([idle], { settled, deadline: 0 }).finished;
});

test("progress overwrites its line on a terminal only", () => {
  const written: string[] = [];
  const output = { isTTY: true, write: (text: string) => written.push(text) };
  showProgress(output, () => "x").stop();
  expect(written).toEqual(["\r\u001b[K"]);
  written.length = 0;
  showProgress({ ...output, isTTY: false }, () => "x").stop();
  expect(written).toEqual([]);
});
