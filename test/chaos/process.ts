import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** A child process that is started again whenever it is killed. */
export interface Kept {
  readonly name: string;
  /**
   * Ends it and its whole process group by SIGKILL; the next life begins at once. False where nobody
   * was there to be killed.
   */
  kill(): boolean;
  /** Resolves when it ends by itself with 0, which only producers do unasked. */
  readonly finished: Promise<void>;
  /** Asks it to finish; kills it where it does not within `limitMs`. */
  stop(limitMs: number): Promise<void>;
}

const LAST_WORDS = 2_000;
/** How long one that ended by itself waits for its next life. */
const AGAIN_MS = 1_000;

/**
 * Starts `test/chaos/<program>`. `settings` is asked at the start of each life. A child that ends in a
 * way that nobody asked for is a finding: `onFailure` is told its last words.
 */
export function keepRunning(options: {
  readonly name: string;
  readonly program: string;
  /** Asked at the start of each life, as `settings`. */
  readonly env: (life: number) => NodeJS.ProcessEnv;
  readonly settings: (life: number) => object;
  readonly onFailure: (text: string) => void;
}): Kept {
  const { name, program, onFailure } = options;
  let child: ChildProcess | undefined;
  let lives = 0;
  let killing = false;
  let stopping = false;
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const killGroup = () => signalGroup(child);
  process.once("exit", killGroup);
  void finished.then(() => process.off("exit", killGroup));

  function start(): void {
    killing = false;
    let words = "";
    const settings = JSON.stringify(options.settings(lives));
    const env = options.env(lives);
    lives += 1;
    const started = spawn(process.execPath, [join(import.meta.dirname, program), settings], {
      env,
      // The leader of a group, so that what it starts itself is killed with it.
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    child = started;
    for (const stream of [started.stdout, started.stderr]) {
      stream?.setEncoding("utf8");
      stream?.on("data", (text: string) => {
        words = (words + text).slice(-LAST_WORDS);
      });
    }
    started.on("error", (error) => onFailure(`${name}: ${error.message}`));
    started.once("exit", (code, signal) => {
      signalGroup(started);
      child = undefined;
      if (killing && !stopping) return start();
      if (code === 0 || killing || stopping) return finish();
      onFailure(`${name} ended with ${signal ?? code}: ${words}`);
      setTimeout(() => (stopping ? finish() : start()), AGAIN_MS);
    });
  }

  start();
  return {
    name,
    finished,
    kill() {
      if (child === undefined || killing || stopping) return false;
      killing = true;
      signalGroup(child);
      return true;
    },
    async stop(limitMs) {
      stopping = true;
      if (child === undefined) return finish();
      const leaving = child;
      if (leaving.connected) leaving.send("stop", () => {});
      const timer = setTimeout(() => {
        killing = true;
        signalGroup(leaving);
      }, limitMs);
      if (leaving.exitCode === null && leaving.signalCode === null) await once(leaving, "exit");
      clearTimeout(timer);
    },
  };
}

function signalGroup(child: ChildProcess | undefined): void {
  if (child?.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // Nobody is left in the group.
  }
}
