import { grids } from "./grids.ts";
import type { Part } from "./part.ts";
import { server } from "./server.ts";

/** In the order of the page. */
export const allParts: readonly Part[] = [...grids, server];
