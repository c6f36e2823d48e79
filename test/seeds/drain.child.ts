// A pass in a process of its own that holds what it has claimed until it is killed.
// Arguments: Redis URL, stream, group, how many to claim. Prints "holding" with all of them in hand.

import { createQueue, drain } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";

const [url = "", stream = "", group = "", count = ""] = process.argv.slice(2);
const store = ioredis({ url });
const queue = createQueue({ name: stream, group, store });
let held = 0;
await drain(
  queue,
  async () => {
    held += 1;
    if (held === Number(count)) console.log("holding");
    await new Promise(() => {});
  },
  { maxMessages: Number(count), concurrency: Number(count) },
);
store.close(); // only if the pass could not run
