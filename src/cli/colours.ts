import type { Terminal } from "./terminal.ts";

/** Marks text for people; where colours are off, it gives the text back. */
export interface Colours {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

/** Colours only on a terminal, not on a dumb one, and not where NO_COLOR says so. */
export function coloursFor(stream: Terminal["output"], env: Terminal["env"]): Colours {
  const wanted = stream.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
  const mark = (on: number, off: number) => (text: string) =>
    wanted && text !== "" ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  return {
    bold: mark(1, 22),
    dim: mark(2, 22),
    red: mark(31, 39),
    green: mark(32, 39),
    yellow: mark(33, 39),
  };
}
