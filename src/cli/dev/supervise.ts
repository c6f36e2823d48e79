import type { ChildProcess } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { untilAborted } from "../until-aborted.ts";
import type { Changes } from "./changes.ts";

/** A program that `dev` keeps running. */
export interface Supervised {
  /** Starts it, as the leader of a process group. */
  start(): ChildProcess;
  /** How it is told to end. */
  readonly ending: NodeJS.Signals;
  /** How long it is left alone after it ended by itself. */
  readonly pauseMs: number;
  /** Told when it is started again because something changed. */
  onChange(): void;
}

const GRACE_MS = 5_000;

/** Runs a program again and again until the signal aborts: at once where a file changed, else after a pause. */
export async function supervise(
  program: Supervised,
  changes: Changes,
  signal: AbortSignal,
): Promise<void> {
  const aborted = untilAborted(signal);
  while (!signal.aborted) {
    const child = program.start();
    const ended = endOf(child);
    const kill = () => endGroup(child, "SIGKILL");
    process.once("exit", kill);
    const change = changes.next().then(() => "change" as const);
    const first = await Promise.race([ended.then(() => "end" as const), change, aborted]);
    if (first !== "end") await stop(child, ended, program.ending);
    process.off("exit", kill);
    if (first === "change") program.onChange();
    if (first === "end") await Promise.race([pause(program.pauseMs, signal), change]);
  }
}

function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("close", () => resolve());
    child.once("error", () => resolve());
  });
}

async function stop(child: ChildProcess, ended: Promise<void>, ending: NodeJS.Signals) {
  endGroup(child, ending);
  const late = setTimeout(() => endGroup(child, "SIGKILL"), GRACE_MS);
  await ended;
  clearTimeout(late);
}

function endGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // It has ended by itself.
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => {});
}
