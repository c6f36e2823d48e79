// Drains a queue over REST with the default options, and writes what it did to its standard output.
import { createQueue, drain } from "../../src/index.ts";
import { upstash } from "../../src/redis/upstash.ts";

const [url = "", token = "", name = ""] = process.argv.slice(2);
const queue = createQueue<string>({ name, store: upstash({ url, token }) });

let right = 0;
const report = await drain(queue, async (message) => {
  const [n = "", text = ""] = message.payload.split(" ");
  if (text.length === 1_000_000 - 10 && text.endsWith("x") && /^\d{3}$/.test(n)) right += 1;
});
console.log(JSON.stringify({ right, ...report }));
