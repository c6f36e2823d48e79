import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { runProgram } from "../../src/cli/program.ts";
import { drain, Reject } from "../../src/index.ts";
import { serverTest } from "../support/redis.ts";
import { fakeTerminal } from "./support/fake-terminal.ts";
import { mixedQueue, sentQueue } from "./support/fixture.ts";
import type { Env } from "./support/run.ts";

test.each([
  ["stats"],
  ["ls"],
  ["pending"],
  ["passes"],
  ["show", "1-1"],
  ["dlq", "ls"],
  ["dlq", "show", "1-1"],
])("%s does not wait for an answer once it is interrupted", async (...words) => {
  const silent = await silentRedis();
  const terminal = fakeTerminal({ env: silent.env, isTTY: false });
  const ended = runProgram([...words, "-q", "orders"], terminal);
  await silent.asked;
  terminal.interrupt();
  expect(await ended).toBe(1);
  expect(terminal.seen()).toBe("xdrain: It was interrupted.\n");
});

test.each([["tail"], ["top", "--json"]])(
  "an interrupt is how %s ends, also while it waits for an answer",
  async (...words) => {
    const silent = await silentRedis();
    const terminal = fakeTerminal({ env: silent.env, isTTY: false });
    const ended = runProgram([...words, "-q", "orders"], terminal);
    await silent.asked;
    terminal.interrupt();
    expect(await ended).toBe(0);
    expect(terminal.seen()).toBe("");
  },
);

test("top is left at once, also while it waits for its first answer", async () => {
  const silent = await silentRedis();
  const terminal = fakeTerminal({ env: silent.env });
  const ended = runProgram(["top", "-q", "orders"], terminal);
  await silent.asked;
  expect(terminal.seen()).toContain("Redis is asked");
  terminal.input.write("q");
  expect(await ended).toBe(0);
  expect(terminal.rawModes).toEqual([true, false]);
});

serverTest("what was interrupted before it began cancels and sends nothing", async () => {
  const { name, d, queue } = await mixedQueue();
  for (const words of [
    ["cancel", d],
    ["dlq", "redrive", "--reason", "rejected"],
    ["dlq", "purge", "--reason", "rejected", "--yes"],
  ]) {
    const terminal = fakeTerminal({ isTTY: false });
    terminal.interrupt();
    expect(await runProgram([...words, "-q", name], terminal)).toBe(1);
    expect(terminal.seen()).toContain("It was interrupted");
  }
  expect(await queue.depth()).toMatchObject({ delayed: 1, dead: 1 });
});

serverTest("where nobody reads what is printed, a redrive says how many it sent", async () => {
  const { name, queue } = await sentQueue(3);
  await drain(queue, () => {
    throw new Reject("bad");
  });
  const terminal = fakeTerminal({ isTTY: false });
  terminal.output.destroy();
  expect(await runProgram(["dlq", "redrive", "--all", "-q", name], terminal)).toBe(1);
  expect(terminal.seen()).toContain("3 dead letters were sent again before");
});

/** A Redis that takes what it is asked, and never answers. */
async function silentRedis(): Promise<{ readonly env: Env; readonly asked: Promise<void> }> {
  const server = createServer();
  const asked = new Promise<void>((resolve) => {
    server.on("connection", (socket) => {
      socket.on("error", () => {}).once("data", () => resolve());
      onTestFinished(() => void socket.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return { env: { REDIS_URL: `redis://127.0.0.1:${port}` }, asked };
}
