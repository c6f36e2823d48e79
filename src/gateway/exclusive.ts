import type { Redis } from "ioredis";

/** A few connections, each lent to one piece of work at a time. */
export interface ExclusiveConnections {
  /** Runs `work` with a connection that nobody else uses meanwhile; waits for one if all are lent. */
  lend<T>(work: (client: Redis) => Promise<T>): Promise<T>;
  close(): void;
}

/** `open` makes a connection; at most `most` of them are made, when they are needed. */
export function createExclusiveConnections(open: () => Redis, most: number): ExclusiveConnections {
  const all: Redis[] = [];
  const idle: Redis[] = [];
  const waiting: ((client: Redis) => void)[] = [];

  function take(): Redis | Promise<Redis> {
    const free = idle.pop();
    if (free !== undefined) return free;
    if (all.length < most) {
      const opened = open();
      all.push(opened);
      return opened;
    }
    return new Promise((resolve) => waiting.push(resolve));
  }

  return {
    async lend(work) {
      const client = await take();
      try {
        return await work(client);
      } finally {
        const next = waiting.shift();
        if (next === undefined) idle.push(client);
        else next(client);
      }
    },
    close() {
      for (const client of all) client.disconnect();
    },
  };
}
