// A pass in a process of its own, killed by SIGKILL at one point.
// Arguments: Redis URL, queue name, file for the log, the point ("" runs to the end).

import { appendFileSync } from "node:fs";
import type { Store } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { drainWork, workHandler, workQueue } from "./workload.ts";

const [url = "", name = "", log = "", target = ""] = process.argv.slice(2);

function point(reached: string): void {
  appendFileSync(log, `point ${reached}\n`);
  if (reached === target) process.kill(process.pid, "SIGKILL");
}

const redis = ioredis({ url });
let turns = 0;
const store: Store = {
  ...redis,
  async turn(...args) {
    turns += 1;
    const turn = turns;
    point(`before turn ${turn}`);
    const reply = await redis.turn(...args);
    point(`after turn ${turn}`);
    return reply;
  },
};

let runs = 0;
const work = workHandler((n) => appendFileSync(log, `run ${n}\n`));
await drainWork(workQueue(store, name), (message, context) => {
  runs += 1;
  const run = runs;
  point(`before handler ${run}`);
  try {
    return work(message, context);
  } finally {
    point(`after handler ${run}`);
  }
});
redis.close();
