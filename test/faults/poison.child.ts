// A pass whose process dies when it starts the message "poison".
// Arguments: Redis URL, queue name, file for the log.

import { appendFileSync } from "node:fs";
import { createQueue, drain } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";

const [url = "", name = "", log = ""] = process.argv.slice(2);
const store = ioredis({ url });
const report = await drain(createQueue<string>({ name, store }), (message) => {
  appendFileSync(log, `${message.payload} ${message.deliveries}\n`);
  if (message.payload === "poison") process.kill(process.pid, "SIGKILL");
});
appendFileSync(log, `report ${JSON.stringify(report)}\n`);
store.close();
