import { openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { wrapped } from "../../src/cli/printable.ts";
import { runProgram } from "../../src/cli/program.ts";
import { createProgress } from "../../src/cli/progress.ts";
import { serverTest, uniqueName } from "../support/redis.ts";
import { fakeTerminal } from "./support/fake-terminal.ts";
import { mixedQueue, sentQueue } from "./support/fixture.ts";
import { overTcp } from "./support/run.ts";
import { scratch } from "./support/scratch.ts";

const BOLD = "\u001b[1m";
const ENTER = "\u001b[?1049h\u001b[?25l";
const LEAVE = "\u001b[?25h\u001b[?1049l";

serverTest("colours are only on a terminal, and not where NO_COLOR is set", async () => {
  const { name } = await sentQueue(1);
  const list = async (terminal: ReturnType<typeof fakeTerminal>) => {
    expect(await runProgram(["ls", "-q", name], terminal)).toBe(0);
    return terminal.seen();
  };
  expect(await list(fakeTerminal())).toContain(`${BOLD}ID`);
  for (const quiet of [
    fakeTerminal({ env: { ...overTcp(), NO_COLOR: "1" } }),
    fakeTerminal({ env: { ...overTcp(), TERM: "dumb" } }),
    fakeTerminal({ isTTY: false }),
  ]) {
    expect(await list(quiet)).toMatch(/^ID /);
  }
});

serverTest("on a terminal lines are cut to its width, elsewhere they are whole", async () => {
  const { name, queue } = await sentQueue(0);
  await queue.send({ n: 1, text: "é".repeat(150) } as never);
  const narrow = fakeTerminal({ columns: 60, env: { ...overTcp(), NO_COLOR: "1" } });
  await runProgram(["ls", "-q", name], narrow);
  const widths = narrow
    .seen()
    .split("\n")
    .map((line) => [...line].length);
  expect(Math.max(...widths)).toBe(60);
  expect(narrow.seen()).toContain("…");
  const piped = fakeTerminal({ isTTY: false });
  await runProgram(["ls", "-q", name], piped);
  expect(piped.seen()).toContain(`${"é".repeat(150)}"}`);
});

serverTest(
  "top takes the whole screen, shows the queue again and again, and gives it back on q",
  async () => {
    const { name, queue } = await mixedQueue();
    const terminal = fakeTerminal();
    const ended = runProgram(["top", "-q", name, "--interval", "100ms"], terminal);
    await terminal.shown(/ready +1/);
    await queue.send({ n: 5 });
    await terminal.shown(/ready +2/);
    expect(terminal.seen().startsWith(ENTER)).toBe(true);
    expect(terminal.seen()).toContain("xd:somebody");
    terminal.input.write("q");
    expect(await ended).toBe(0);
    expect(terminal.seen().endsWith(LEAVE)).toBe(true);
    expect(terminal.rawModes).toEqual([true, false]);
  },
);

serverTest(
  "top gives the screen back when it is interrupted, and lives through a lost Redis",
  async () => {
    const terminal = fakeTerminal({ env: { REDIS_URL: "redis://127.0.0.1:1" } });
    const ended = runProgram(["top", "-q", "orders", "--interval", "100ms"], terminal);
    await terminal.shown(/Redis could not be reached/);
    terminal.interrupt();
    expect(await ended).toBe(0);
    expect(terminal.seen().endsWith(LEAVE)).toBe(true);
  },
);

serverTest("a purge asks first, and only yes removes anything", async () => {
  const { name, queue } = await mixedQueue();
  for (const [answer, code, dead] of [
    ["n\n", 1, 1],
    ["\n", 1, 1],
    ["yes\n", 0, 0],
  ] as const) {
    const terminal = fakeTerminal();
    const ended = runProgram(["dlq", "purge", "-q", name, "--all"], terminal);
    await terminal.shown(/Remove 1 dead letter of .* for good\? \[y\/N\]/);
    terminal.input.write(answer);
    expect(await ended).toBe(code);
    expect((await queue.depth()).dead).toBe(dead);
  }
});

serverTest("an interrupt at the question removes nothing", async () => {
  const { name, queue } = await mixedQueue();
  const terminal = fakeTerminal();
  const ended = runProgram(["dlq", "purge", "-q", name, "--all"], terminal);
  await terminal.shown(/\[y\/N\]/);
  terminal.interrupt();
  expect(await ended).toBe(1);
  expect((await queue.depth()).dead).toBe(1);
});

test("a command that reads lines does not wait for a person to type them", async () => {
  const nowhere = { REDIS_URL: "redis://127.0.0.1:1" };
  for (const command of ["send", "import"]) {
    const terminal = fakeTerminal({ env: nowhere });
    expect(await runProgram([command, "-q", "orders"], terminal)).toBe(2);
    expect(terminal.seen()).toContain("on stdin");
  }
});

test("progress is a bar where the size of the input is known, and goes away at the end", () => {
  const file = join(scratch(), "lines");
  writeFileSync(file, "x".repeat(1_000));
  const terminal = fakeTerminal();
  Object.assign(terminal.input, { fd: openSync(file, "r") });
  const progress = createProgress(terminal, "message", false);
  progress.update(50, 500);
  expect(terminal.seen()).toMatch(/\[#{12} {12}\] 50% 50 messages [\d,]+\/s$/);
  progress.end();
  expect(terminal.seen().endsWith("\r\u001b[K")).toBe(true);
});

test("progress is not shown where nobody looks", () => {
  for (const terminal of [
    fakeTerminal({ isTTY: false }),
    fakeTerminal({ env: { TERM: "dumb" } }),
  ]) {
    const progress = createProgress(terminal, "message", false);
    progress.update(50, 500);
    progress.end();
    expect(terminal.seen()).toBe("");
  }
});

test("top needs a terminal", async () => {
  const terminal = fakeTerminal({ isTTY: false });
  expect(await runProgram(["top", "-q", uniqueName()], terminal)).toBe(2);
  expect(terminal.seen()).toContain("Expected a terminal");
});

serverTest("without a terminal, top --json prints statistics again and again", async () => {
  const { name } = await sentQueue(1);
  const terminal = fakeTerminal({ isTTY: false });
  const ended = runProgram(["top", "-q", name, "--json", "--interval", "100ms"], terminal);
  await terminal.shown(/"ready":1[^\n]*\n[^\n]*"ready":1/);
  terminal.interrupt();
  expect(await ended).toBe(0);
});

test("a long error is broken between words, and a word that is too long within", () => {
  expect(wrapped("Redis could not be reached", 12)).toEqual(["Redis could", "not be", "reached"]);
  expect(wrapped("at aaaaaaaaaaaa", 5)).toEqual(["at", "aaaaa", "aaaaa", "aa"]);
  expect(wrapped("", 5)).toEqual([]);
});
