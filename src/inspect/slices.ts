// What is read has no bound on its size but the one of a payload, so a first few tell how many more fit.

/** What one page may hold beyond its first few, in characters. */
const PAGE_CHARS = 1_000_000;
const FIRST_FEW = 5;

/**
 * Reads up to so many in two slices: five, and as many more of their size as a megabyte holds. Fewer
 * come where they are large; `ended` where there were no more to read.
 */
export async function readInSlices<Item>(
  count: number,
  slice: {
    readonly read: (after: Item | undefined, count: number) => Promise<readonly Item[]>;
    readonly sizeOf: (item: Item) => number;
  },
): Promise<{ readonly items: readonly Item[]; readonly ended: boolean }> {
  const few = Math.min(count, FIRST_FEW);
  const first = await slice.read(undefined, few);
  if (first.length < few) return { items: first, ended: true };
  const chars = first.reduce((sum, item) => sum + slice.sizeOf(item), 0);
  const largest = Math.max(1, ...first.map(slice.sizeOf));
  const fitting = Math.floor((PAGE_CHARS - chars) / largest);
  const more = Math.min(count - few, fitting);
  if (more <= 0) return { items: first, ended: false };
  const rest = await slice.read(first.at(-1), more);
  return { items: [...first, ...rest], ended: rest.length < more };
}

/** The characters of names and values. */
export function charsOf(fields: readonly string[]): number {
  return fields.reduce((sum, value) => sum + value.length, 0);
}
