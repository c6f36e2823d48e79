import { type ChildProcess, type Serializable, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Cleanup } from "./cleanup.ts";

/** A program that runs beside the demo, with the processes that it starts itself. */
export interface Child {
  /** Rejects, with its last words, when it ends before it is told to. */
  readonly ended: Promise<never>;
  /** Sends a message to one that talks, and waits for its next one. */
  ask(message: object): Promise<unknown>;
}

const PATIENCE_MS = 2_000;
const LAST_WORDS = 2_000;

/** Starts a program whose whole process group is ended by the clean-up, or when the demo dies. */
export function startChild(
  command: readonly [string, ...string[]],
  options: {
    readonly cwd: string;
    readonly env: NodeJS.ProcessEnv;
    /** Whether it is a program of Node.js that takes messages and sends some. */
    readonly talks?: boolean;
    /** Told of each line that it prints. */
    readonly onLine?: (line: string) => void;
  },
  cleanup: Cleanup,
): Child {
  const [program, ...args] = command;
  // Detached makes it the leader of a group, so that its own children can be ended with it.
  const { cwd, env, talks, onLine } = options;
  const child = spawn(program, args, {
    cwd,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe", talks === true ? "ipc" : "ignore"],
  });
  let words = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8");
    stream?.on("data", (text: string) => {
      words = (words + text).slice(-LAST_WORDS);
    });
  }
  if (child.stdout !== null && onLine !== undefined) {
    createInterface({ input: child.stdout }).on("line", onLine);
  }
  const gone = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(`it ended with ${signal ?? code}`));
  });
  const kill = () => signalGroup(child, "SIGKILL");
  process.once("exit", kill);
  cleanup.add(async () => {
    process.off("exit", kill);
    signalGroup(child, "SIGTERM");
    const timer = setTimeout(kill, PATIENCE_MS);
    await gone;
    clearTimeout(timer);
    // Whatever of the group has outlived its leader.
    kill();
  });
  const ended = gone.then((how): never => {
    throw new Error(`Could not keep ${program} running: ${how}.\n${words}`);
  });
  ended.catch(() => {});
  return {
    ended,
    ask: (message) =>
      new Promise((resolve, reject) => {
        child.once("message", resolve);
        child.send(message as Serializable, (error) => {
          if (error !== null) reject(error);
        });
      }),
  };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Nobody is left in the group.
  }
}
