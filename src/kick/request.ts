import type { Duration } from "../duration.ts";
import { integer, name } from "../expect.ts";
import { debounceMs } from "../wake.ts";
import type { KickRequest } from "./kick.ts";

const MOST_DEPTH = 1_000_000;

/** What a kick says to whoever drains. */
export interface KickBody {
  readonly queue: string;
  readonly depth: number;
  /** In milliseconds. */
  readonly debounce?: number | undefined;
}

/** @throws OptionError for a request that cannot be made. */
export function kickBody({ queue, depth, debounce }: KickRequest): KickBody {
  return { queue: name("queue", queue), depth: readDepth(depth), debounce: debounceIn(debounce) };
}

/** The depth in what somebody was kicked with; undefined where it says none. @throws OptionError */
export function depthIn(given: unknown): number | undefined {
  return given === undefined ? undefined : readDepth(given);
}

/** The same for the debounce. @throws OptionError */
export function debounceIn(given: unknown): number | undefined {
  return given === undefined ? undefined : debounceMs("debounce", given as Duration, 0);
}

function readDepth(given: unknown): number {
  return integer("depth", given as number | undefined, { min: 0, max: MOST_DEPTH, default: 0 });
}
