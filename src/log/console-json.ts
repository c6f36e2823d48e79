import { onlyKnown } from "../expect.ts";
import type { Level } from "./line.ts";
import type { Sink } from "./log.ts";

/** Takes one line of text, without its end. */
export type WriteLine = (text: string, level: Level) => unknown;

export interface ConsoleOptions {
  /** @default the console, by the line's level */
  readonly write?: WriteLine;
  /** Milliseconds since 1970. @default the system's clock */
  readonly now?: () => number;
}

/** One line of JSON, with `time`, `level` and `message` first, for the log of the platform. @throws OptionError */
export function consoleJson(options: ConsoleOptions = {}): Sink {
  onlyKnown("consoleJson", options, ["write", "now"]);
  const { write = toConsole, now = Date.now } = options;
  return ({ level, message, ...rest }) => {
    const time = new Date(now()).toISOString();
    return write(JSON.stringify({ time, level, message, ...rest }), level);
  };
}

export function toConsole(text: string, level: Level): void {
  // biome-ignore lint/suspicious/noConsole: the console is where a function's log goes
  if (level === "error") console.error(text);
  // biome-ignore lint/suspicious/noConsole: as above
  else if (level === "warn") console.warn(text);
  // biome-ignore lint/suspicious/noConsole: as above
  else console.log(text);
}
