import { type ChildProcess, spawn } from "node:child_process";
import type { Writable } from "node:stream";
import type { Handler } from "../../message.ts";
import { Reject } from "../../signals.ts";
import { aboutMessage } from "./about-message.ts";

/** The status with which a command says that no other try will help. */
export const REJECTED = 100;

/** How long a command that was told to end may take for it. */
const GRACE_MS = 2_000;
const KEPT = 2_000;

/**
 * Runs a shell command for each message, with the payload on its stdin: a string as it is, anything
 * else as JSON. Status 0 is done, 100 a dead letter, any other a failure; what it prints goes to `log`.
 */
export function shellHandler(
  command: string,
  env: Readonly<Record<string, string | undefined>>,
  log: Writable,
): Handler<unknown> {
  return async (message, context) => {
    const about = Object.entries(aboutMessage(message, context));
    const own = about.map(([name, value]) => [`XDRAIN_${name.toUpperCase()}`, value] as const);
    const child = spawn(command, {
      shell: true,
      detached: true, // a group of its own, so that what it starts ends with it
      env: { ...env, ...Object.fromEntries(own) },
      stdio: ["pipe", "pipe", "pipe"],
    });
    child.stdin.on("error", () => {}); // it need not read its payload
    child.stdin.end(textOf(message.payload));
    child.stdout.on("data", (chunk) => log.write(chunk));
    const complaint = keepEnd(child, log);
    const { status, signal } = await endOf(child, context.signal);
    if (status === 0) return;
    const how = status === null ? `was ended by ${signal}` : `ended with status ${status}`;
    const text = `The command ${how}${complaint()}`;
    throw status === REJECTED ? new Reject(text) : new Error(text);
  };
}

function textOf(payload: unknown): string {
  return typeof payload === "string" ? payload : JSON.stringify(payload);
}

/** Passes on what it says on stderr, and keeps the last line for the error. */
function keepEnd(child: ChildProcess, log: Writable): () => string {
  let end = "";
  child.stderr?.on("data", (chunk) => {
    log.write(chunk);
    end = (end + String(chunk)).slice(-KEPT);
  });
  return () => {
    const line = end.trim().split("\n").at(-1) ?? "";
    return line === "" ? "." : `: ${line}`;
  };
}

interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

async function endOf(child: ChildProcess, signal: AbortSignal): Promise<Ended> {
  let late: NodeJS.Timeout | undefined;
  const stop = () => {
    end(child, "SIGTERM");
    late = setTimeout(() => end(child, "SIGKILL"), GRACE_MS);
  };
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status, by) => resolve({ status, signal: by }));
  });
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await ended;
  } finally {
    clearTimeout(late);
    signal.removeEventListener("abort", stop);
  }
}

function end({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // It has ended by itself.
  }
}
