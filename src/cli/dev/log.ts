import type { Output } from "../output.ts";
import { printable } from "../printable.ts";

/** What `dev` tells of what runs in it: a line each, in the order in which it came. */
export interface DevLog {
  /** `value` is for programs, `line` for people. */
  tell(source: string, line: string, value?: Readonly<Record<string, unknown>>): void;
  /** Logs each line of a stream, as `read` words it for people; undefined leaves it out. */
  lines(
    source: string,
    read?: (line: string) => string | undefined,
  ): (chunk: Buffer | string) => void;
}

const WIDTH = 9;

export function createLog(output: Output): DevLog {
  const { dim } = output.colours;
  const tell: DevLog["tell"] = (source, line, value = { line }) => {
    const text = `${dim(source.padEnd(WIDTH))} ${printable(line)}`;
    output.row({ source, ...value }, text).catch(() => {}); // the reader has closed it
  };
  return {
    tell,
    lines(source, read = (line: string) => line) {
      let rest = "";
      return (chunk) => {
        const found = (rest + String(chunk)).split("\n");
        rest = found.pop() ?? "";
        for (const line of found) {
          const shown = read(line);
          if (shown !== undefined) tell(source, shown);
        }
      };
    },
  };
}
