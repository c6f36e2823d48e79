import { expect, onTestFinished, test } from "vitest";
import { importList } from "../../src/import-list/index.ts";
import { createQueue } from "../../src/index.ts";
import { importListCall } from "../../src/redis/import-list.ts";
import { memoryStore } from "../../src/testing.ts";
import { commandCount } from "../support/command-stats.ts";
import { connectRaw, privateRedis, serverTest } from "../support/redis.ts";
import { openStore, TRANSPORTS } from "../transports/stores.ts";
import { orders } from "./targets.ts";

for (const transport of TRANSPORTS) {
  serverTest(`1,000 items take 12 requests and 1,071 commands over ${transport}`, async () => {
    const { url } = await privateRedis();
    const redis = connectRaw(url);
    onTestFinished(() => redis.disconnect());
    const queue = createQueue({ name: "orders", store: await openStore(transport, url) });
    await redis.lpush("warm", "1");
    await importList(queue, "warm");

    const idle = await measured(() => importList(queue, "q1"));
    expect(idle).toEqual({ requests: 1, commands: 5 });

    await redis.lpush("q1", ...orders(1_000));
    const whole = await measured(() => importList(queue, "q1"));
    expect(whole).toEqual({ requests: 12, commands: 1_071 });

    async function measured(work: () => ReturnType<typeof importList>) {
      await redis.config("RESETSTAT");
      const { requests, commands } = await work();
      expect(commands).toBe(await commandCount(redis));
      return { requests, commands };
    }
  });
}

test("an item that is stored as it is travels to the server once", () => {
  const { storeQueue } = createQueue({ name: "orders", store: memoryStore() }).resolved;
  const request = {
    importId: "id",
    slice: 1,
    lists: ["q1"],
    oldest: "right",
    check: false,
    known: [{ text: "7", fields: ["xd:k", "key", "xd:d", "7"] }],
    expected: 1,
    mayMove: 1,
    maySetAside: 1,
    show: 100,
    showBytes: 1_000_000,
    maxItem: 1_000_000,
  } as const;
  const { args } = importListCall(storeQueue, request, 120_000);
  expect(args.slice(-7)).toEqual(["7", "4", "4", "xd:k", "key", "xd:d", ""]);
});
