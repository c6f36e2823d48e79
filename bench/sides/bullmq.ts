import { Queue, Worker } from "bullmq";
import { newName } from "../fill.ts";
import type { Side } from "../work.ts";

/**
 * BullMQ's own worker at full speed: its slots are filled before the clock runs (it fetches the
 * first job of each, one after the other), completed jobs are removed, the events stream is cut,
 * nothing is checked for stalled jobs meanwhile.
 */
export function bullmq(concurrency?: number): Side {
  return {
    name: "BullMQ",
    about:
      "its long-lived worker over TCP, all slots busy before the clock runs; completed jobs removed, " +
      "events cut, stalled checks off, its concurrency the fastest of 50, 100, 200 and 400",
    async prepare(target, work) {
      const slots = concurrency ?? work.concurrency;
      const queue = new Queue(newName(), {
        connection: { url: target.redisUrl },
        streams: { events: { maxLen: 0 } },
        defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
      });
      const jobs = work.messages + slots;
      await addAll(queue, jobs, work.payload);
      const worker = new Worker<string>(queue.name, (job) => work.handler(job.data), {
        connection: { url: target.tcpUrl },
        autorun: false,
        concurrency: slots,
        removeOnComplete: { count: 0 },
        skipStalledCheck: true,
      });
      await worker.waitUntilReady();
      const completed = (count: number) => {
        let left = count;
        return new Promise<void>((resolve) => {
          const listener = () => {
            left -= 1;
            if (left > 0) return;
            worker.off("completed", listener);
            resolve();
          };
          worker.on("completed", listener);
        });
      };
      const allDone = completed(jobs);
      return {
        async warmUp() {
          const full = completed(slots);
          void worker.run();
          await full;
          return slots;
        },
        async run() {
          await allDone;
          return 0;
        },
        async close() {
          await worker.close();
          await queue.close();
        },
      };
    },
  };
}

async function addAll(queue: Queue, jobs: number, data: string): Promise<void> {
  for (let sent = 0; sent < jobs; sent += 1_000) {
    const count = Math.min(1_000, jobs - sent);
    await queue.addBulk(Array.from({ length: count }, () => ({ name: "n", data })));
  }
}
