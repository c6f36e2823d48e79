import { expect, onTestFinished } from "vitest";
import { importList } from "../../src/import-list/index.ts";
import { createQueue } from "../../src/index.ts";
import { slicesOverRedis } from "../../src/redis/import-list.ts";
import type { ScriptRunner } from "../../src/redis/store.ts";
import { connectRaw, privateRedis, serverTest } from "../support/redis.ts";
import { tcpStore } from "../support/stores.ts";
import { orders } from "./targets.ts";

serverTest(
  "a server that is killed at any slice and started again has each item once",
  async () => {
    const server = await privateRedis(["--appendonly", "yes", "--appendfsync", "always"]);
    const store = tcpStore(server.url);
    onTestFinished(() => store.close());
    const importSlice = slicesOverRedis(store as typeof store & ScriptRunner);
    for (const target of [1, 2, 3, 4, 5]) {
      let slice = 0;
      let restarted: Promise<unknown> = Promise.resolve();
      const queue = createQueue({
        name: `orders-${target}`,
        store: {
          ...store,
          importSlice(...args) {
            slice += 1;
            const reply = importSlice(...args);
            if (slice === target) restarted = server.restart();
            return reply;
          },
        },
      });
      const before = connectRaw(server.url);
      await before.lpush("q1", ...orders(40));
      before.disconnect();
      const first = await importList(queue, "q1", { batch: 8 }).catch(() => undefined);
      await restarted;
      if (first?.more !== false) await importList(queue, "q1", { batch: 8 });

      const after = connectRaw(server.url);
      const moved = (await after.xrange(queue.name, "-", "+")).map(([, fields]) => fields[1]);
      expect(moved).toEqual(orders(40));
      expect(await after.llen("q1")).toBe(0);
      after.disconnect();
    }
  },
);
