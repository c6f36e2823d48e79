import { backlog } from "./backlog.ts";
import { crash } from "./crash.ts";
import { day } from "./day.ts";
import { gateway } from "./gateway.ts";
import { grids } from "./grids.ts";
import type { Part } from "./part.ts";
import { physical } from "./physical.ts";
import { server } from "./server.ts";
import { sustained } from "./sustained.ts";
import { waking } from "./waking.ts";
import { weight } from "./weight.ts";

/** In the order of the page. */
export const allParts: readonly Part[] = [
  ...grids,
  physical,
  server,
  gateway,
  weight,
  day,
  waking,
  crash,
  sustained,
  backlog,
];
