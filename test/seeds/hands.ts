import { spawn } from "node:child_process";
import { EventEmitter, on } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { inject, onTestFinished } from "vitest";
import { serverTest, uniqueName } from "../support/redis.ts";

// What people write by hand, once in Python and once in TypeScript: both halves take the same jobs and
// give the same answers, so each test has one body.

/** A half: how one of its processes is started. */
export interface Hand {
  readonly name: string;
  /** The command, its arguments, and what it needs in its environment. */
  readonly start: readonly [string, readonly string[], Readonly<Record<string, string>>];
  /** How it spells the name of a setting. */
  readonly spell: (setting: string) => string;
}

const inFolder = (...path: string[]) => join(import.meta.dirname, ...path);
const python = inject("pythonRedis");

const TYPESCRIPT: Hand = {
  name: "TypeScript",
  start: [process.execPath, [inFolder("typescript", "main.child.ts")], {}],
  spell: (setting) => setting,
};

const PYTHON: Hand | undefined = python && {
  name: "Python",
  start: [python.command, [inFolder("python", "main.py")], python.env],
  spell: (setting) => setting.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
};

/** A test for each half; a half that cannot run here is named. */
export function seedTest(name: string, body: (hand: Hand) => Promise<void>): void {
  serverTest(`${name}, in TypeScript`, () => body(TYPESCRIPT));
  if (PYTHON !== undefined) serverTest(`${name}, in Python`, () => body(PYTHON));
  else process.stderr.write(`not run, it needs Python with redis-py: ${name}, in Python\n`);
}

/** A process of hand-written programs; it goes when the test is over. */
export interface Program {
  /** The name of its connection. */
  readonly name: string;
  /** Runs one job to its end. One at a time. */
  run<Result>(job: string, settings: Readonly<Record<string, unknown>>): Promise<Result>;
  /** The next event of the job that runs. */
  event(): Promise<Readonly<Record<string, string>>>;
  /** Ends the job after what it has in hand. */
  tell(): void;
  /** Ends the process as a crash does. */
  kill(): Promise<void>;
}

export function startProgram(hand: Hand): Program {
  const name = uniqueName("program");
  const [command, args, env] = hand.start;
  const child = spawn(command, [...args, inject("redisUrl"), name], {
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  onTestFinished(async () => {
    child.stdin.end();
    child.kill("SIGKILL");
    await closed;
  });
  const lines = new EventEmitter();
  const [events, results] = [listen(lines, "event"), listen(lines, "result")];
  createInterface({ input: child.stdout }).on("line", (line) => {
    for (const [kind, value] of Object.entries(JSON.parse(line))) lines.emit(kind, value);
  });
  void closed.then(() => lines.emit("end"));
  return {
    name,
    async run<Result>(job: string, settings: Readonly<Record<string, unknown>>) {
      const spelled = Object.entries(settings).map(([key, value]) => [hand.spell(key), value]);
      child.stdin.write(`${JSON.stringify({ job, ...Object.fromEntries(spelled) })}\n`);
      return (await results()) as Result;
    },
    event: async () => (await events()) as Readonly<Record<string, string>>,
    tell: () => child.kill("SIGTERM"),
    async kill() {
      child.kill("SIGKILL");
      await closed;
    },
  };
}

/** What a process says of a kind, one after the other; whoever waits when it ends gets an error. */
function listen(lines: EventEmitter, kind: "event" | "result"): () => Promise<unknown> {
  const said = on(lines, kind, { close: ["end"] });
  return async () => {
    const next = await said.next();
    if (next.done === true) throw new Error(`The program ended without its ${kind}.`);
    return (next.value as unknown[])[0];
  };
}
