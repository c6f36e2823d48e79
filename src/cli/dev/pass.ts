import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { FromPass } from "./child.ts";
import { fileOf, isOfPackage, watchVariables } from "./imports.ts";
import { type Surroundings, teller } from "./programs.ts";
import { errorIn, tellReport } from "./report.ts";
import { writtenAt } from "./stamp.ts";
import type { Supervised } from "./supervise.ts";

/**
 * A long pass, but not an endless one: its memory is freed with it. Its Redis is on this machine, so it
 * polls four times a second: who sends a message wants to see it handled.
 */
const PASS = ["--linger", "--max-pause", "250ms", "--max-duration", "10m", "--json"];

/** A pass lets what runs finish for 5 s, and settles. */
const GRACE_MS = 8_000;
const AGAIN = "what it worked on is delivered again when its lease is over";
const KILLED = `it did not end within ${GRACE_MS / 1_000} s, and was killed: ${AGAIN}`;

/**
 * Passes over a queue with a module's handler, each in a process of its own: so its code is always new.
 * They start again when a file changes that the module has imported.
 */
export function passProgram(
  module: string,
  args: readonly string[],
  surroundings: Surroundings,
): Supervised {
  const { env, log, pauseMs, watch } = surroundings;
  const changes = watch();
  const tell = teller("pass", log, KILLED);
  const again = `no pass was made; it tries again when a file changes, and every ${pauseMs / 1_000} s`;
  const next = `the next pass begins in ${pauseMs / 1_000} s`;
  let isLoaded = false;
  let loadedAt = 0;
  let failure = ""; // what was logged of the latest process
  let isEnding = false;

  function take({ file, stamp, loaded, handled }: Told): void {
    if (handled !== undefined) {
      const text = `${handled} ${handled === 1 ? "message" : "messages"} handled`;
      log.tell("pass", text, { event: "handled", count: handled });
    }
    if (file !== undefined && !isOfPackage(file)) changes.add(file, stamp);
    if (loaded !== true) return;
    isLoaded = true;
    loadedAt = Date.now();
    failure = "";
    changes.settled();
    log.tell("pass", `${module} is loaded: waiting for messages`, { event: "loaded" });
  }

  return {
    start() {
      isLoaded = false;
      isEnding = false;
      changes.renew();
      changes.add(resolve(module));
      const child = spawn(
        process.execPath,
        [...process.execArgv, childEntry(), "drain", "--module", module, ...args, ...PASS],
        {
          detached: true,
          env: { ...env, ...watchVariables() },
          stdio: ["ignore", "pipe", "pipe", "ipc"],
        },
      );
      let isNews = true;
      const readError = (line: string) => {
        const error = errorIn(line);
        if (error === undefined) return line;
        // A module that cannot be loaded is tried again and again: to say so once is enough.
        isNews = error !== failure;
        failure = error;
        return isNews ? error : undefined;
      };
      child.on("message", (message) => told(message).forEach(take));
      child.stderr?.on("data", log.lines("handler", readError));
      tellReport(child, log, (status, by) => {
        const crashed = isLoaded && !isEnding && failure === "";
        if (crashed)
          log.tell(
            "pass",
            `its process ended with ${by ?? `status ${status}`}: ${AGAIN}; ${next}`,
            {
              event: "crashed",
            },
          );
        else if (isNews && failure !== "") log.tell("pass", again, { event: "failed" });
      });
      return child;
    },
    end(child) {
      isEnding = true;
      child.kill("SIGINT"); // it ends its pass, and gives back what it has not done
    },
    graceMs: GRACE_MS,
    pauseMs,
    // What it writes as it is loaded is noticed a moment later.
    isStarting: (_, file) => !isLoaded || writtenAt(file) < loadedAt,
    changes,
    tell(event, file) {
      failure = "";
      tell(event, file);
    },
  };
}

/** Beside this file, and in the same language. */
function childEntry(): string {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return fileURLToPath(new URL(`./child.${extension}`, import.meta.url));
}

interface Told {
  readonly file?: string;
  readonly stamp?: string;
  readonly loaded?: boolean;
  readonly handled?: number;
}

/** What a pass says, or its Node if that reports what is imported; anything else is the handler's. */
function told(message: unknown): readonly Told[] {
  if (typeof message !== "object" || message === null) return [];
  const { xdrain } = message as Partial<FromPass>;
  if (xdrain === "loaded") return [{ loaded: true }];
  if (xdrain !== undefined) return [xdrain];
  const byNode = message as Readonly<Record<string, readonly unknown[]>>;
  const names = [...(byNode["watch:import"] ?? []), ...(byNode["watch:require"] ?? [])];
  return names.flatMap((name) => {
    if (typeof name !== "string" || name.startsWith("node:")) return [];
    return [{ file: name.startsWith("file:") ? fileOf(name) : name }];
  });
}
