import { fstatSync } from "node:fs";
import { counted } from "./format.ts";
import type { Terminal } from "./terminal.ts";

/** A line on stderr that says how far a command is; nothing where no person looks at it. */
export interface Progress {
  /** `bytes` of the input are read. */
  update(count: number, bytes: number): void;
  /** Takes the line away. */
  end(): void;
}

const EVERY_MS = 100;
const BAR = 24;
const CLEAR = "\r\u001b[K";

export function createProgress(terminal: Terminal, what: string, quiet: boolean): Progress {
  const { errors, input, env } = terminal;
  if (quiet || errors.isTTY !== true || env.TERM === "dumb") return { update() {}, end() {} };
  const size = sizeOf(input);
  const startedAt = performance.now();
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    update(count, bytes) {
      const now = performance.now();
      if (now - shownAt < EVERY_MS) return;
      shownAt = now;
      const seconds = Math.max(0.001, (now - startedAt) / 1_000);
      const rate = `${Math.round(count / seconds).toLocaleString("en-US")}/s`;
      const part = size === undefined ? "" : `${bar(Math.min(1, bytes / size))} `;
      errors.write(`${CLEAR}${part}${counted(count, what)} ${rate}`);
    },
    end() {
      if (shownAt >= 0) errors.write(CLEAR);
    },
  };
}

function bar(part: number): string {
  const full = Math.round(part * BAR);
  return `[${"#".repeat(full)}${" ".repeat(BAR - full)}] ${Math.floor(part * 100)}%`;
}

/** Known where the input is a file. */
function sizeOf({ fd }: Terminal["input"]): number | undefined {
  try {
    const stat = fd === undefined ? undefined : fstatSync(fd);
    return stat?.isFile() && stat.size > 0 ? stat.size : undefined;
  } catch {
    return undefined;
  }
}
