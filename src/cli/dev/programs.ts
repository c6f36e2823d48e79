import { spawn } from "node:child_process";
import { relative } from "node:path";
import type { Terminal } from "../terminal.ts";
import type { Changes } from "./changes.ts";
import type { DevLog } from "./log.ts";
import { endGroup, type Supervised, type SupervisedEvent } from "./supervise.ts";

const SERVER_GRACE_MS = 5_000;
/** While a server starts it may write files; how long that takes nobody tells us. */
const SERVER_STARTS_MS = 2_000;

/** What programs of `dev` have in common. */
export interface Surroundings {
  readonly env: Terminal["env"];
  readonly log: DevLog;
  /** How long one is left alone after it ended by itself. */
  readonly pauseMs: number;
  /** Watches what `--watch` names. */
  readonly watch: () => Changes;
}

/** The user's own server, started by a shell command. */
export function serverProgram(command: string, surroundings: Surroundings): Supervised {
  const { env, log, pauseMs, watch } = surroundings;
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
    end: (child) => endGroup(child, "SIGTERM"),
    graceMs: SERVER_GRACE_MS,
    pauseMs,
    isStarting: (sinceMs) => sinceMs < SERVER_STARTS_MS,
    changes: watch(),
    tell: teller("run", log, "it did not end within 5 s, and was killed"),
  };
}

/** Says what happens to a program. */
export function teller(source: string, log: DevLog, killed: string): Supervised["tell"] {
  const texts: Record<SupervisedEvent, (file: string) => string> = {
    changed: (file) => `${file} changed: starting again`,
    own: (file) => `${file} changes at each start: that no longer starts it again`,
    killed: () => killed,
  };
  return (event, file) => {
    const shown = file === undefined ? "" : relative(process.cwd(), file);
    log.tell(source, texts[event](shown), { event, file });
  };
}
