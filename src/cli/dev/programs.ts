import { type ChildProcess, spawn } from "node:child_process";
import type { Terminal } from "../terminal.ts";
import type { DevLog } from "./log.ts";
import type { Supervised } from "./supervise.ts";

/** Long, and not without an end: what a pass holds in memory goes with it. */
const PASS = ["--linger", "--max-duration", "10m", "--json"];

/** What programs of `dev` have in common. */
export interface Surroundings {
  readonly env: Terminal["env"];
  readonly log: DevLog;
  /** How long one is left alone after it ended by itself. */
  readonly pauseMs: number;
}

/** The user's own server, started by a shell command. */
export function serverProgram(command: string, surroundings: Surroundings): Supervised {
  const { env, log, pauseMs } = surroundings;
  return {
    start() {
      log.tell("run", command, { event: "started", command });
      const child = spawn(command, {
        shell: true,
        detached: true,
        env,
        stdio: ["ignore", "pipe", "pipe"],
      });
      child.stdout.on("data", log.lines("run"));
      child.stderr.on("data", log.lines("run"));
      child.once("exit", (status, by) =>
        log.tell("run", `ended with ${by ?? `status ${status}`}`, { event: "ended", status }),
      );
      return child;
    },
    ending: "SIGTERM",
    pauseMs,
    onChange: () => log.tell("run", "something changed", { event: "changed" }),
  };
}

/** Passes over a queue with a module's handler, each in a process of its own: so its code is always new. */
export function passProgram(args: readonly string[], surroundings: Surroundings): Supervised {
  const { env, log, pauseMs } = surroundings;
  return {
    start() {
      const entry = process.argv[1] ?? "";
      const child = spawn(
        process.execPath,
        [...process.execArgv, entry, "drain", ...args, ...PASS],
        {
          detached: true,
          env,
          stdio: ["ignore", "pipe", "pipe"],
        },
      );
      child.stderr.on("data", log.lines("handler", errorIn));
      tellReport(child, log);
      return child;
    },
    ending: "SIGINT", // it ends its pass, and gives back what it has not begun
    pauseMs,
    onChange: () => log.tell("pass", "something changed: a new one begins", { event: "changed" }),
  };
}

/** The text of an error that a pass tells as JSON; any other line is as it is. */
function errorIn(line: string): string {
  if (!line.startsWith('{"error":')) return line;
  try {
    const { error } = JSON.parse(line) as { readonly error: { readonly message?: unknown } };
    return typeof error.message === "string" ? error.message : line;
  } catch {
    return line;
  }
}

function tellReport(child: ChildProcess, log: DevLog): void {
  let text = "";
  child.stdout?.on("data", (chunk) => {
    text += String(chunk);
  });
  child.once("close", () => {
    try {
      const report = JSON.parse(text) as Readonly<Record<string, unknown>>;
      log.tell("pass", summary(report), { event: "pass", report });
    } catch {
      log.tell("pass", "no pass was made", { event: "failed" });
    }
  });
}

/** What a report says that is not zero. */
export function summary(report: Readonly<Record<string, unknown>>): string {
  const counters = ["completed", "retried", "dead", "released"];
  const done = counters
    .filter((name) => Number(report[name]) > 0)
    .map((name) => `${report[name]} ${name}`);
  const { error } = report as { readonly error?: { readonly message?: unknown } };
  const why = error?.message === undefined ? "" : `: ${error.message}`;
  const what = done.length > 0 ? done.join(", ") : why === "" ? "nothing to do" : "nothing done";
  return `${report.queue}: ${what} (${report.stopped})${why}`;
}
