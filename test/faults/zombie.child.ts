// A pass in a process of its own that holds its first batch until a line arrives on its input.
// Arguments: Redis URL, queue name. Prints "holding", and at last its report. By its clock a little more than
// a minute is over when it goes on, as it is for what the queue has stored.

import { once } from "node:events";
import { drain } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { workQueue } from "./workload.ts";

const [url = "", name = ""] = process.argv.slice(2);
const redis = ioredis({ url });
let aheadMs = 0;
const store = { ...redis, now: () => redis.now() + aheadMs };
const awake = once(process.stdin, "data");
let announced = false;
const report = await drain(
  workQueue(store, name),
  async () => {
    if (!announced) console.log("holding");
    announced = true;
    await awake;
    aheadMs = 61_000;
  },
  { batch: 4, concurrency: 4, prefetch: false, maxMessages: 4, maxDuration: "1 h" },
);
console.log(JSON.stringify(report));
redis.close();
process.exit(0);
