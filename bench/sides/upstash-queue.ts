import { Queue } from "@upstash/queue";
import { Redis } from "@upstash/redis";
import { newName } from "../fill.ts";
import { TOKEN } from "../target.ts";
import type { Side } from "../work.ts";

const MOST_CONSUMERS = 5;

export const upstashQueue: Side = {
  name: "@upstash/queue",
  about:
    "`receiveMessage` in a loop with five at a time, the most it allows; it acknowledges before " +
    "the handler runs, its default",
  slow: true,
  async prepare(target, work) {
    const redis = new Redis({ url: target.restUrl, token: TOKEN });
    const queueName = newName();
    const queueOver = (client: Redis) =>
      new Queue({ redis: client as never, queueName, concurrencyLimit: MOST_CONSUMERS });
    const queue = queueOver(redis);
    const sender = queueOver(new Redis({ url: target.directRestUrl, token: TOKEN }));
    for (let sent = 0; sent < work.messages; sent += 50) {
      const count = Math.min(50, work.messages - sent);
      const sends = Array.from({ length: count }, () => sender.sendMessage({ d: work.payload }));
      await Promise.all(sends);
    }
    let received = 0;
    const consume = async () => {
      while (received < work.messages) {
        received += 1;
        const message = await queue.receiveMessage<{ d: string }>();
        if (message === null) throw new Error("@upstash/queue found nothing");
        await work.handler(message.body.d);
      }
    };
    return {
      async run() {
        await Promise.all(Array.from({ length: MOST_CONSUMERS }, consume));
        return work.messages * 3; // a claim, a read and an acknowledgement for each
      },
      close: async () => {},
    };
  },
};
