import type { Redis } from "ioredis";
import { expect, onTestFinished } from "vitest";
import { createQueue, type Queue, type Store } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { groupKeys } from "../../src/redis/keys.ts";
import { commandCount } from "../support/command-stats.ts";
import { connectRaw, privateRedis, serverTest } from "../support/redis.ts";
import { ADMIN, dashboardOf } from "./support.ts";
import { signedIn } from "./visitor.ts";

/** For each page: its round trips, its commands, and the most characters that it reads and that it has. */
const PAGES: readonly {
  readonly path: string;
  readonly requests: number;
  readonly commands: number;
  readonly maxRead: number;
  readonly maxPage: number;
}[] = [
  { path: "", requests: 2, commands: 9, maxRead: 140_000, maxPage: 60_000 },
  { path: "/in-flight", requests: 3, commands: 10, maxRead: 12_000, maxPage: 20_000 },
  { path: "/parked", requests: 2, commands: 9, maxRead: 12_000, maxPage: 20_000 },
  { path: "/delayed", requests: 4, commands: 11, maxRead: 60_000, maxPage: 60_000 },
  { path: "/dead-letters", requests: 3, commands: 10, maxRead: 60_000, maxPage: 120_000 },
  { path: "/messages", requests: 4, commands: 13, maxRead: 100_000, maxPage: 60_000 },
  { path: "/passes", requests: 2, commands: 9, maxRead: 20_000, maxPage: 40_000 },
  { path: "/send", requests: 1, commands: 8, maxRead: 12_000, maxPage: 20_000 },
];

serverTest(
  "what each page reads and has is bounded, with a hundred messages in each state and with five thousand",
  async () => {
    const { url } = await privateRedis();
    const redis = connectRaw(url);
    onTestFinished(() => redis.disconnect());
    const { store, seen } = counted(ioredis({ url }));
    const queue: Queue<unknown> = createQueue({ name: "orders", store });
    const admin = await signedIn(dashboardOf(queue), ADMIN);
    for (const size of [100, 4_900]) {
      await fill(redis, queue, size);
      for (const { path, requests, commands, maxRead, maxPage } of PAGES) {
        await redis.config("RESETSTAT");
        Object.assign(seen, { requests: 0, chars: 0 });
        const page = await admin.text(`/queues/orders${path}`);
        expect({ path, ...seen, commands: await commandCount(redis) }).toMatchObject({
          path,
          requests,
          commands,
        });
        expect(seen.chars, path).toBeLessThan(maxRead);
        expect(page.length, path).toBeLessThan(maxPage);
      }
      await redis.config("RESETSTAT");
      Object.assign(seen, { requests: 0, chars: 0 });
      await admin.get("/queues/orders", { "x-xdrain-parts": "head,tiles" });
      expect(seen.requests).toBe(1);
      expect(await commandCount(redis)).toBe(8);
      for (const id of ["1-0", "d1-000-nowhere", `${Date.now() - 60_000}-0`]) {
        await redis.config("RESETSTAT");
        Object.assign(seen, { requests: 0, chars: 0 });
        const page = await admin.text(`/queues/orders/messages/${id}`);
        expect(page).toMatch(/It was not found in what one look takes|Nothing of it is there/);
        expect(seen.requests, id).toBeLessThanOrEqual(7);
        expect(await commandCount(redis), id).toBeLessThanOrEqual(30);
        expect(seen.chars, id).toBeLessThan(2_200_000);
      }
    }
  },
  120_000,
);

serverTest("a page of very large payloads is shorter, and still of a bounded size", async () => {
  const { url } = await privateRedis();
  const { store, seen } = counted(ioredis({ url }));
  const queue: Queue<unknown> = createQueue({ name: "orders", store, maxPayload: 8_000_000 });
  const redis = connectRaw(url);
  onTestFinished(() => redis.disconnect());
  for (let i = 0; i < 30; i += 1) await queue.send("x".repeat(900_000));
  const admin = await signedIn(dashboardOf(queue), ADMIN);
  Object.assign(seen, { requests: 0, chars: 0 });
  const page = await admin.text("/queues/orders/messages");
  expect(seen.chars).toBeLessThan(6 * 900_000);
  expect(page.length).toBeLessThan(60_000);
  expect(page).toContain('rel="next"');
});

/** The same store, with the round trips of reads and the characters of their answers counted. */
function counted(store: Store) {
  const seen = { requests: 0, chars: 0 };
  const read: Store["read"] = async (commands, limits) => {
    const answers = (await store.read?.(commands, limits)) ?? [];
    seen.requests += 1;
    seen.chars += JSON.stringify(answers).length;
    return answers;
  };
  const stats: Store["stats"] = (...args) => {
    seen.requests += 1;
    return store.stats(...args);
  };
  return { seen, store: { ...store, read, stats } };
}

/** So many messages more in each state, so many dead letters, and passes in the journal. */
async function fill(redis: Redis, queue: Queue<unknown>, count: number): Promise<void> {
  const { stream, parked, journal, dead } = groupKeys(queue.resolved.storeQueue);
  const payload = "x".repeat(500);
  const tomorrow = new Date(Date.now() + 86_400_000);
  const messages = Array.from({ length: count }, () => ({ payload }));
  await queue.sendBatch(messages.map((message) => ({ ...message, deliverAt: tomorrow })));
  await queue.sendBatch([...messages, ...messages, ...messages]);
  await redis.xgroup("CREATE", stream, "xdrain", "0").catch(() => undefined);
  const read = ["GROUP", "xdrain", "xd:a", "COUNT", 2 * count, "STREAMS", stream, ">"];
  const [[, entries]] = (await redis.call("XREADGROUP", ...read)) as [[string, [string][]]];
  const pipeline = redis.pipeline();
  for (const [n, [id]] of entries.slice(count).entries()) {
    pipeline.zadd(parked, (Date.now() + n) * 1024 + 1, id);
    pipeline.xack(stream, "xdrain", id);
    const counters = ["completed", 100, "retried", 1, "passes", 1, "requests", 12, "commands", 140];
    pipeline.xadd(journal, "*", "stopped", "empty", "ms", n, ...counters);
    const story = [
      "failed_at",
      "1",
      "reason",
      "failed",
      "error",
      "y".repeat(900),
      "deliveries",
      "1",
    ];
    pipeline.xadd(
      dead,
      "*",
      ...story,
      "failures",
      "1",
      "original_id",
      "7-0",
      "xd:d",
      `"${payload}"`,
    );
  }
  await pipeline.exec();
}
