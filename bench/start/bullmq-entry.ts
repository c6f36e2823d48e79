import { Worker } from "bullmq";

/** A worker that waits for no more jobs than there are, and then ends. */
export async function handler(event: { readonly jobs: number }): Promise<void> {
  let left = event.jobs;
  const worker = new Worker("inbox", async (job) => void JSON.stringify(job.data.event), {
    connection: { url: process.env.REDIS_URL as string },
    concurrency: 100,
    removeOnComplete: { count: 0 },
  });
  await new Promise<void>((done) => {
    worker.on("completed", () => {
      left -= 1;
      if (left === 0) done();
    });
  });
  await worker.close();
}
