import { xdrain } from "./xdrain.ts";

export { bullmq } from "./bullmq.ts";
export { bareLoop, handWritten } from "./loops.ts";
export { upstashQueue } from "./upstash-queue.ts";

export const LANES = 16;

export const rest = xdrain(
  "rest",
  "xdrain over REST",
  "default options: one lane, the next turn sent ahead",
);
export const restLanes = xdrain(
  "rest",
  `xdrain over REST, ${LANES} lanes`,
  `\`lanes: ${LANES}\`: so many turns in flight at the same time, for a Redis that is far away`,
  { lanes: LANES },
);
export const sequential = xdrain(
  "rest",
  "xdrain, strictly sequential",
  "`prefetch: false`: claim, work, settle and claim, one round trip after the other",
  { prefetch: false },
);
export const tcp = xdrain("tcp", "xdrain over TCP", "default options, over one connection");
