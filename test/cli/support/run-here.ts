import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { runProgram } from "../../../src/cli/program.ts";
import type { Ended, Env } from "./run.ts";

/** Runs the program in this process, for what needs no process of its own: that is quicker. */
export async function runHere(args: readonly string[], env: Env, input = ""): Promise<Ended> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end(input);
  const { signal } = new AbortController();
  const texts = Promise.all([text(stdout), text(stderr)]);
  const code = await runProgram(args, {
    env,
    input: stdin,
    output: stdout,
    errors: stderr,
    signal,
  });
  stdout.end();
  stderr.end();
  const [out, errors] = await texts;
  return { code, stdout: out, stderr: errors };
}
