// Sends and drains one message over the way it is told, and then has nothing more to do.
import { createQueue, drain } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { upstash } from "../../src/redis/upstash.ts";

const [transport = "", url = "", token = "", name = ""] = process.argv.slice(2);
const tcp = transport === "tcp" ? ioredis({ url }) : undefined;
const queue = createQueue({ name, store: tcp ?? upstash({ url, token }) });
await queue.send("x");
const { completed } = await drain(queue, () => {});
tcp?.close();
console.log(completed);
