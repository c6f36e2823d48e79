// An import in a process of its own, killed by SIGKILL at one point.
// Arguments: Redis URL, queue name, list, backup list, the slice to die at, how ("before", "during"
// with milliseconds behind it, or "after").

import { importList } from "../../src/import-list/index.ts";
import { createQueue, type Store } from "../../src/index.ts";
import { slicesOverRedis } from "../../src/redis/import-list.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import type { ScriptRunner } from "../../src/redis/store.ts";

const [url = "", name = "", list = "", backup = "", target = "", how = ""] = process.argv.slice(2);

function die(): void {
  process.kill(process.pid, "SIGKILL");
}

const redis = ioredis({ url });
const importSlice = slicesOverRedis(redis as ReturnType<typeof ioredis> & ScriptRunner);
let slices = 0;
const store: Store = {
  ...redis,
  async importSlice(...args) {
    slices += 1;
    const last = slices === Number(target);
    if (last && how === "before") die();
    const reply = importSlice(...args);
    if (last && how.startsWith("during")) setTimeout(die, Number(how.slice("during".length)));
    await reply;
    if (last) die();
    return reply;
  },
};
await importList(createQueue({ name, store }), list, { backups: [backup], batch: 5 });
redis.close();
