import { integer, name, refuse } from "../expect.ts";

/** A part of a list, and where the next part begins. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** To be given as `after` (for what comes newest first: `before`); undefined at the end. */
  readonly next: string | undefined;
}

/** How many items a page has: 50 where nothing else is asked for, 500 at most. */
export function pageSize(count: number | undefined): number {
  return integer("count", count, { min: 1, max: 500, default: 50 });
}

/** Characters of a payload that are shown: 2,000 where nothing else is asked for. */
export function shownChars(given: number | undefined): number {
  return integer("payloadChars", given, { min: 0, max: 1_000_000, default: 2_000 });
}

/** An end of a range of ids, as Redis takes it. */
export function rangeEnd(option: string, given: string): string {
  name(option, given, 64);
  if (/^(?:[-+]|\d+|\(?\d+-\d+)$/.test(given)) return given;
  const forms = "an id such as 1700000000000-0, milliseconds since 1970, - or +";
  return refuse(option, forms, given, "An id behind ( is excluded.");
}

/** One item more than the page has tells whether there is another page. */
export function cutPage<Item>(
  items: readonly Item[],
  count: number,
  cursorOf: (item: Item) => string,
): Page<Item> {
  const shown = items.slice(0, count);
  const last = shown.at(-1);
  return { items: shown, next: items.length > count && last ? cursorOf(last) : undefined };
}
