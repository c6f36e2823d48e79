import { Queue, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { newName } from "../fill.ts";
import { measure } from "../measure.ts";
import type { Target } from "../target.ts";
import type { Side, Work } from "../work.ts";

const REQUEST_BYTES = 4_000_000;

/**
 * BullMQ's own worker at full speed: its slots are filled before the clock runs (it fetches the
 * first job of each, one after the other), completed jobs are removed, the events stream is cut,
 * nothing is checked for stalled jobs meanwhile.
 */
export const bullmq: Side = {
  name: "BullMQ",
  about:
    "its long-lived worker over TCP, all slots busy before the clock runs; completed jobs removed, " +
    "events cut, stalled checks off; a pass is a worker",
  async prepare(target, work) {
    const slots = work.concurrency * work.passes;
    const queue = new Queue(newName(), {
      connection: { url: target.redisUrl },
      streams: { events: { maxLen: 0 } },
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
    });
    await addAll(queue, slots + work.messages, work);
    const counter = createCounter();
    const workers = Array.from({ length: work.passes }, () => {
      const worker = new Worker<string>(queue.name, (job) => work.handler(job.data), {
        connection: { url: target.tcpUrl },
        autorun: false,
        concurrency: work.concurrency,
        removeOnComplete: { count: 0 },
        skipStalledCheck: true,
      });
      worker.on("completed", counter.add);
      return worker;
    });
    await Promise.all(workers.map((worker) => worker.waitUntilReady()));
    return {
      async warmUp() {
        for (const worker of workers) void worker.run();
        await counter.reaches(slots);
        return slots;
      },
      async run() {
        await counter.reaches(slots + work.messages);
        return 0;
      },
      async close() {
        await Promise.all(workers.map((worker) => worker.close()));
        await queue.close();
      },
    };
  },
};

/** Counts what is done, and tells when it is so much. */
function createCounter() {
  let done = 0;
  let goal = Number.POSITIVE_INFINITY;
  let reached = () => {};
  return {
    add() {
      done += 1;
      if (done >= goal) reached();
    },
    reaches: (count: number) =>
      new Promise<void>((resolve) => {
        goal = count;
        reached = resolve;
        if (done >= goal) resolve();
      }),
  };
}

/** With keys, each job has an id of its own, by which BullMQ refuses to add it twice. */
async function addAll(queue: Queue, jobs: number, { payload, keyed }: Work): Promise<void> {
  const chunk = Math.max(1, Math.min(1_000, Math.floor(REQUEST_BYTES / payload.length)));
  for (let sent = 0; sent < jobs; sent += chunk) {
    await queue.addBulk(
      Array.from({ length: Math.min(chunk, jobs - sent) }, (_, i) => ({
        name: "n",
        data: payload,
        ...(keyed ? { opts: { jobId: `key-${sent + i}` } } : {}),
      })),
    );
  }
}

/** The concurrency at which BullMQ is fastest here; the work is small, its messages are few. */
export async function fastestConcurrency(
  redis: Redis,
  target: Target,
  work: Work,
): Promise<number> {
  let best = { concurrency: 0, rate: 0 };
  // Further away it takes many to fill the time; each takes a round trip to get its first job.
  for (const concurrency of target.latencyMs < 20 ? [50, 100, 200] : [100, 200]) {
    const { rate } = await measure(redis, bullmq, target, { ...work, concurrency });
    if (rate > best.rate) best = { concurrency, rate };
  }
  const { concurrency } = best;
  console.log(`BullMQ is fastest with a concurrency of ${concurrency} at ${target.latencyMs} ms`);
  return concurrency;
}
