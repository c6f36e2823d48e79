import { type ChildProcess, spawn } from "node:child_process";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { inject, onTestFinished } from "vitest";
import { runProgram } from "../../../src/cli/program.ts";
import { serveGateway } from "../../../src/gateway/index.ts";
import { builtEntry } from "./built-entry.ts";

export type Env = Readonly<Record<string, string>>;

/** What a command left behind. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves with all of stdout so far once it matches. */
  printed(pattern: Pattern): Promise<string>;
}

/** A regular expression, or another test of a text. */
export type Pattern = Pick<RegExp, "test">;

const KEPT = ["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"];

function ours(): Record<string, string | undefined> {
  return Object.fromEntries(KEPT.map((name) => [name, process.env[name]]));
}

/** Starts the built program as a process of its own, with nothing of our environment but what it needs. */
export function start(args: readonly string[], env: Env = overTcp(), input?: string): Running {
  const running = startNode([builtEntry(), ...args], { env });
  if (input !== undefined) running.child.stdin?.end(input);
  return running;
}

/** Starts a program of Node, with nothing of our environment but what it needs. */
export function startNode(
  args: readonly string[],
  { env, cwd }: { readonly env: Env; readonly cwd?: string },
): Running {
  const child = spawn(process.execPath, args, { env: { ...ours(), ...env }, cwd });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const { stdout, stderr } = child;
  stdout.setMaxListeners(100); // one for each text that a test waits for
  let seen = "";
  stdout.on("data", (chunk) => {
    seen += String(chunk);
  });
  const ended = Promise.all([
    text(stdout),
    text(stderr),
    new Promise<number | null>((resolve) => child.once("close", resolve)),
  ]).then(([out, errors, code]) => ({ stdout: out, stderr: errors, code }));
  return { child, ended, printed: (pattern) => untilPrinted(pattern) };

  function untilPrinted(pattern: Pattern): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (pattern.test(seen)) resolve(seen);
      };
      stdout.on("data", look);
      void ended.then(({ stderr: errors }) => reject(new Error(`It ended: ${seen}${errors}`)));
      look();
    });
  }
}

/** Runs the built program to its end. */
export function runBuilt(
  args: readonly string[],
  env: Env = overTcp(),
  input = "",
): Promise<Ended> {
  return start(args, env, input).ended;
}

/** Runs the program in this process, for what needs no process of its own: that is quicker. */
export async function run(
  args: readonly string[],
  env: Env = overTcp(),
  input = "",
): Promise<Ended> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end(input);
  const { signal } = new AbortController();
  const texts = Promise.all([text(stdout), text(stderr)]);
  const terminal = {
    env: { ...ours(), ...env },
    input: stdin,
    output: stdout,
    errors: stderr,
    signal,
  };
  const code = await runProgram(args, terminal);
  stdout.end();
  stderr.end();
  const [out, errors] = await texts;
  return { code, stdout: out, stderr: errors };
}

/** What a command printed with `--json`. */
export interface Printed {
  readonly code: number | null;
  /** One a line. */
  readonly values: readonly Json[];
  readonly stderr: string;
}

/** The same with `--json`. */
export async function runJson(...[args, ...rest]: Parameters<typeof run>): Promise<Printed> {
  return read(await run([...args, "--json"], ...rest));
}

/** The same by the built program. */
export async function runBuiltJson(...[args, ...rest]: Parameters<typeof run>): Promise<Printed> {
  return read(await runBuilt([...args, "--json"], ...rest));
}

function read({ code, stdout, stderr }: Ended): Printed {
  return { code, stderr, values: stdout.split("\n").filter(Boolean).map(parse) };
}

// biome-ignore lint/suspicious/noExplicitAny: what was printed is compared, and not used
export type Json = any;

function parse(line: string): Json {
  return JSON.parse(line) as Json;
}

/** The Redis of this test run over TCP. */
export function overTcp(url: string = inject("redisUrl")): Env {
  return { REDIS_URL: url };
}

/** The same through a REST API. */
export async function overRest(url: string = inject("redisUrl")): Promise<Env> {
  const token = "a-token-of-the-tests";
  const gateway = await serveGateway({ redis: url, token, stopTimeoutMs: 100 });
  onTestFinished(() => gateway.close());
  return { UPSTASH_REDIS_REST_URL: gateway.url, UPSTASH_REDIS_REST_TOKEN: token };
}
