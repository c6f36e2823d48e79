import type { Depth } from "../../src/index.ts";

/** Nothing anywhere; a test says what there is instead. */
export const EMPTY: Depth = {
  entries: 0,
  inFlight: 0,
  parked: 0,
  delayed: 0,
  dropped: 0,
  dead: 0,
};
