import { expect, test } from "vitest";
import { startChild } from "../../demo/child.ts";
import { createCleanup } from "../../demo/cleanup.ts";

const options = { cwd: process.cwd(), env: { PATH: process.env.PATH }, talks: true };

function start(program: string) {
  const failures: unknown[] = [];
  const cleanup = createCleanup((error) => failures.push(error));
  const child = startChild([process.execPath, "-e", program], options, cleanup);
  return { child, cleanup, failures };
}

/** Signal 0 asks whether there is such a process. */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("the clean-up ends a child and what the child has started, though both ignore being asked", async () => {
  const { child, cleanup, failures } = start(`
    const stubborn = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)";
    const own = require("node:child_process").spawn(process.execPath, ["-e", stubborn]);
    process.on("SIGTERM", () => {});
    process.on("message", () => process.send([process.pid, own.pid]));
  `);
  const pids = (await child.ask({})) as number[];
  expect(pids.map(isRunning)).toEqual([true, true]);
  await cleanup.run();
  await expect.poll(() => pids.map(isRunning), { timeout: 20_000 }).toEqual([false, false]);
  expect(failures).toEqual([]);
});

test("a child that ends by itself is missed, and its last words are told", async () => {
  const { child, cleanup } = start("console.error('no such port'); process.exit(3)");
  await expect(child.ended).rejects.toThrow(/ended with 3.*no such port/s);
  await cleanup.run();
});

test("a program that cannot be started is told as such", async () => {
  const cleanup = createCleanup(() => expect.fail("failed"));
  const child = startChild(["/no/such/program"], options, cleanup);
  await expect(child.ended).rejects.toThrow("ENOENT");
  await cleanup.run();
});
