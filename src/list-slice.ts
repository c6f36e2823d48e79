import type { Bill } from "./turn.ts";

// What the store does for importList: one slice of a list moved, and the next one shown.

/** An item whose place in the stream is decided: its fields, or none where it is set aside. */
export interface KnownItem {
  /** The item, byte for byte. */
  readonly text: string;
  /** Names and values alternating; undefined sets the item aside. */
  readonly fields: readonly string[] | undefined;
}

export interface SliceRequest {
  /** Names the import, and its slices are numbered, so that one sent again counts nothing twice. */
  readonly importId: string;
  readonly slice: number;
  /** The lists in their order. */
  readonly lists: readonly string[];
  /** The end of a list where its oldest item is. */
  readonly oldest: "left" | "right";
  /** Whether to look first that every key holds what it should. */
  readonly check: boolean;
  /** What the slice before showed: those that are next in the list are moved, up to the first other. */
  readonly known: readonly KnownItem[];
  /** How many items that slice showed; some may have been the same. */
  readonly expected: number;
  /** Most items to move, and to set aside. */
  readonly mayMove: number;
  readonly maySetAside: number;
  /** Most items to show, and most of their bytes; at least one is shown. */
  readonly show: number;
  readonly showBytes: number;
  /** Items above this size in bytes are set aside unseen. */
  readonly maxItem: number;
}

/** Why an item was set aside: its size, bytes that are no text, or the caller knew it (which one). */
export type AsideReason = "size" | "utf8" | number;

export interface SetAside {
  /** Which list of the request. */
  readonly list: number;
  readonly reason: AsideReason;
  readonly bytes: number;
}

export interface SliceReply {
  /** For each list how many of its items went into the stream. */
  readonly moved: readonly number[];
  readonly setAside: readonly SetAside[];
  /** Why it went no further; undefined where nothing was in the way. */
  readonly error: Error | undefined;
  /** The items that come next. */
  readonly shown: readonly string[];
  /** Whether items are left, shown or not. */
  readonly left: boolean;
  /** The first list that may still have items. */
  readonly at: number;
  readonly bill: Bill;
}

/** Where a list's items go that cannot be messages; in the same slot where the name has a hash tag. */
export function refusedList(list: string): string {
  return `${list}:refused`;
}
