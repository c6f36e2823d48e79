import type { ChildProcess } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { untilAborted } from "../until-aborted.ts";
import type { Changes } from "./changes.ts";

/** A program that `dev` keeps running. */
export interface Supervised {
  /** Starts it, as the leader of a process group. */
  start(): ChildProcess;
  /** Asks it to end. */
  end(child: ChildProcess): void;
  /** How long it may take to end before it is killed. */
  readonly graceMs: number;
  /** How long it is left alone after it ended by itself. */
  readonly pauseMs: number;
  /** Whether it had only just begun when the file changed, so that the change may be its own. */
  isStarting(sinceMs: number, file: string): boolean;
  /** What it is started again for. */
  readonly changes: Changes;
  /** Called when something happens to it that a person should know. */
  tell(event: SupervisedEvent, file?: string): void;
}

/**
 * `changed`: it is started again, since the file changed; `own`: the file changes whenever the program
 * starts, so changes of it at that time no longer start it again; `killed`: it did not end in time.
 */
export type SupervisedEvent = "changed" | "own" | "killed";

/** After this many changes in a row during starts, a file counts as written by the program itself. */
const OWN_AFTER = 5;

/** Runs a program again and again until the signal aborts: at once if a file changed, else after a pause. */
export async function supervise(program: Supervised, signal: AbortSignal): Promise<void> {
  const aborted = untilAborted(signal);
  const ownWrites = createOwnWrites();
  let startedAt = 0;
  let change: Promise<"change"> | undefined;
  const isOwn = (file: string) =>
    ownWrites.has(file, program.isStarting(performance.now() - startedAt, file));
  while (!signal.aborted) {
    startedAt = performance.now();
    const child = program.start();
    const ended = endOf(child);
    const kill = () => endGroup(child, "SIGKILL");
    process.once("exit", kill);
    change ??= foreignChange(program, isOwn).then(() => {
      change = undefined;
      return "change";
    });
    const first = await Promise.race([ended.then(() => "end" as const), change, aborted]);
    if (first !== "end") await stop(program, child, ended);
    process.off("exit", kill);
    endGroup(child, "SIGTERM"); // what it has started, and left running
    if (first === "end") await Promise.race([pause(program.pauseMs, signal), change]);
  }
}

/** Resolves with the next change that is not the program's own. */
async function foreignChange(
  { changes, tell }: Supervised,
  isOwn: (file: string) => "yes" | "now" | "no",
): Promise<void> {
  for (;;) {
    const file = await changes.next();
    const own = isOwn(file);
    if (own === "no") return tell("changed", file);
    if (own === "now") tell("own", file);
  }
}

/** Finds files that a program changes whenever it starts: to start it again for these would never end. */
function createOwnWrites() {
  const own = new Set<string>();
  let latest = "";
  let inARow = 0;
  return {
    has(file: string, starting: boolean): "yes" | "now" | "no" {
      if (starting && own.has(file)) return "yes";
      inARow = starting && file === latest ? inARow + 1 : 1;
      latest = starting ? file : "";
      if (inARow < OWN_AFTER) return "no";
      own.add(file);
      return "now";
    },
  };
}

function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("close", () => resolve());
    child.once("error", () => resolve());
  });
}

async function stop({ end, graceMs, tell }: Supervised, child: ChildProcess, ended: Promise<void>) {
  end(child);
  const late = setTimeout(() => {
    tell("killed");
    endGroup(child, "SIGKILL");
  }, graceMs);
  await ended;
  clearTimeout(late);
}

/** Sends a signal to the process and all that it started. */
export function endGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // It has ended by itself.
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => {});
}
