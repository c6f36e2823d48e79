import { Redis } from "ioredis";
import { createQueue, type DrainOptions, drain } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { upstash } from "../../src/redis/upstash.ts";
import { fillStream, newName } from "../fill.ts";
import { type Target, TOKEN } from "../target.ts";
import type { Side, Work } from "../work.ts";

const HOUR = "1 h";

export function xdrain(
  over: "rest" | "tcp",
  name: string,
  about: string,
  options: DrainOptions = {},
): Side {
  return {
    name,
    about,
    async prepare(target, work) {
      const stream = newName();
      await fillDirectly(target, stream, work);
      const store =
        over === "rest"
          ? { ...upstash({ url: target.restUrl, token: TOKEN }), close: () => {} }
          : ioredis({ url: target.tcpUrl });
      const queue = createQueue<string>({ name: stream, store });
      await queue.depth(); // connects
      const { batch, concurrency } = work;
      const pass = () =>
        drain(queue, ({ payload }) => work.handler(payload), {
          batch,
          concurrency,
          maxDuration: HOUR,
          ...options,
        });
      return {
        async run() {
          const reports = await Promise.all(Array.from({ length: work.passes }, pass));
          const completed = reports.reduce((sum, report) => sum + report.completed, 0);
          if (completed !== work.messages) throw new Error(`${name} completed ${completed}`);
          return reports.reduce((sum, report) => sum + report.requests, 0);
        },
        close: async () => store.close(),
      };
    },
  };
}

async function fillDirectly(target: Target, stream: string, work: Work): Promise<void> {
  const redis = new Redis(target.redisUrl, { protocol: 2 });
  await fillStream(redis, stream, work);
  redis.disconnect();
}
