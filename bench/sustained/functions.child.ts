// The functions of the sustained load: a process that makes overlapping passes, as fast as they come,
// and keeps book of what was completed.

import { createQueue, drain, type Queue } from "../../src/index.ts";
import { upstash } from "../../src/redis/upstash.ts";
import { TOKEN } from "../target.ts";
import { type Ask, createLedger, FAILING, type Message, PASSES, type Tell } from "./ledger.ts";

const [url = "", name = ""] = process.argv.slice(2);
const queue: Queue<Message> = createQueue<Message>({ name, store: upstash({ url, token: TOKEN }) });
const ledger = createLedger();
let stopping = false;

async function onePass(): Promise<void> {
  const report = await drain(
    queue,
    async ({ payload, deliveries, failures }) => {
      if (deliveries === 1) ledger.waited(Date.now() - payload.at);
      if (payload.number % FAILING === 0 && failures === 0) throw new Error("the one in twenty");
      ledger.completed(payload.number);
    },
    { maxDuration: "5 s" },
  );
  ledger.passed(report);
}

/** Passes begin one after the other, as ticks would make them, but without a pause. */
async function passLoop(): Promise<void> {
  while (!stopping) {
    await onePass();
    await new Promise((done) => setTimeout(done, 20));
  }
}

async function drainAll(): Promise<void> {
  const depth = await queue.depth();
  if (depth.entries === 0) return;
  await onePass();
  await drainAll();
}

const loops = Array.from({ length: PASSES }, passLoop);
process.on("message", async (ask: Ask) => {
  if (ask.kind === "sample") {
    globalThis.gc?.();
    const tell: Tell = { kind: "sample", heap: process.memoryUsage().heapUsed };
    process.send?.(tell);
    return;
  }
  stopping = true;
  await Promise.all(loops);
  await drainAll();
  const tell: Tell = { kind: "finish", ...ledger.close(ask.sent) };
  process.send?.(tell, () => process.exit(0));
});
