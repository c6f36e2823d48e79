import { printable } from "./printable.ts";

const WIDTH = 12;

/** Names and values below each other; what is undefined is left out. A value keeps its lines. */
export function pairLines(
  pairs: readonly (readonly [name: string, value: string | number | undefined])[],
): string[] {
  return pairs.flatMap(([name, value]) => {
    if (value === undefined) return [];
    const [first = "", ...more] = String(value).split("\n").map(printable);
    return [`${name.padEnd(WIDTH)} ${first}`, ...more.map((line) => " ".repeat(WIDTH + 1) + line)];
  });
}
