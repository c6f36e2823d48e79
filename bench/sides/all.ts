import { bullmq } from "./bullmq.ts";
import { bareLoop, handWritten } from "./loops.ts";
import { upstashQueue } from "./upstash-queue.ts";
import { xdrain } from "./xdrain.ts";

export { bareLoop, bullmq, handWritten, upstashQueue };

export const LANES = 16;

export const rest = xdrain(
  "rest",
  "xdrain over REST",
  "default options: one lane, the next turn sent ahead",
);
export const restFew = xdrain(
  "rest",
  "xdrain over REST, 4 lanes",
  "`lanes: 4`: the handlers work on one batch while others are on their way",
  { lanes: 4 },
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

/** In the order of the page; each keeps its colour in all charts. */
export const allSides = [
  rest,
  restLanes,
  tcp,
  bullmq,
  handWritten,
  upstashQueue,
  bareLoop,
  sequential,
  restFew,
];
