import { writeSync } from "node:fs";
import { cut } from "./printable.ts";
import type { Terminal } from "./terminal.ts";

/** The whole terminal for a while; what was on it comes back. */
export interface Screen {
  /** Shows these lines; those that do not fit are left away. */
  draw(lines: readonly string[]): void;
  /** Resolves when a key is pressed that ends it, or when the command is told to end. */
  readonly left: Promise<void>;
  /** Gives the terminal back; also done when the process exits by itself. */
  close(): void;
}

const ENTER = "\u001b[?1049h\u001b[?25l";
const LEAVE = "\u001b[?25h\u001b[?1049l";
const HOME = "\u001b[H";
const REST_OF_LINE = "\u001b[K";
const REST_OF_SCREEN = "\u001b[J";
/** q, Q, Escape, Ctrl-C and Ctrl-D. */
const LEAVING = ["q", "Q", "\u001b", "\u0003", "\u0004"];

/** The part of a terminal's input that reads single keys. */
interface Keys {
  setRawMode?(raw: boolean): unknown;
}

export function openScreen(terminal: Terminal): Screen {
  const { input, output, signal } = terminal;
  const keys = input as Terminal["input"] & Keys;
  const restore = () => {
    keys.setRawMode?.(false);
    giveBack(output);
  };
  const left = new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
    input.on("data", (key: Buffer) => {
      if (LEAVING.includes(key.toString())) resolve();
    });
  });
  process.once("exit", restore);
  keys.setRawMode?.(true);
  output.write(ENTER);

  return {
    left,
    draw(lines) {
      const { columns = 80, rows = 24 } = output as { columns?: number; rows?: number };
      const shown = lines.slice(0, rows - 1).map((line) => cutLine(line, columns));
      output.write(
        `${HOME}${shown.map((line) => `${line}${REST_OF_LINE}\r\n`).join("")}${REST_OF_SCREEN}`,
      );
    },
    close() {
      process.off("exit", restore);
      restore();
      input.pause();
    },
  };
}

/** At once, since the process may be about to end. */
function giveBack(output: Terminal["output"] & { readonly fd?: number }): void {
  try {
    if (output.fd === undefined) output.write(LEAVE);
    else writeSync(output.fd, LEAVE);
  } catch {
    // The terminal has gone away.
  }
}

/** Marks of colours take no room; a line that is cut ends them. */
function cutLine(line: string, columns: number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what marks begin with
  const marks = /\u001b\[\d+m/g;
  const plain = line.replace(marks, "");
  return [...plain].length <= columns ? line : cut(plain, columns);
}
