import { integer, name } from "../expect.ts";
import type { KickRequest } from "./kick.ts";

const MOST_DEPTH = 1_000_000;

/** What a kick says to whoever drains. @throws OptionError for a request that cannot be made. */
export function kickBody({ queue, depth }: KickRequest): { queue: string; depth: number } {
  return { queue: name("queue", queue), depth: readDepth(depth) };
}

/** The depth in what somebody was kicked with; undefined where it says none. @throws OptionError */
export function depthIn(given: unknown): number | undefined {
  return given === undefined ? undefined : readDepth(given);
}

function readDepth(given: unknown): number {
  return integer("depth", given as number | undefined, { min: 0, max: MOST_DEPTH, default: 0 });
}
