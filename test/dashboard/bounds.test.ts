import type { Redis } from "ioredis";
import { expect, onTestFinished } from "vitest";
import { createQueue, type Queue, type Store } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { groupKeys } from "../../src/redis/keys.ts";
import { commandCount } from "../support/command-stats.ts";
import { counted } from "../support/counted-reads.ts";
import { connectRaw, privateRedis, serverTest } from "../support/redis.ts";
import { ADMIN, dashboardOf, READER } from "./support.ts";
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
    const reader = await signedIn(dashboardOf([queue, ...others(store)]), READER);
    for (const size of [100, 4_900]) {
      await fill(redis, queue, size);
      await redis.config("RESETSTAT");
      Object.assign(seen, { requests: 0, chars: 0 });
      const all = await reader.text("/");
      expect({ ...seen, commands: await commandCount(redis) }).toMatchObject({
        requests: 3,
        commands: 24,
      });
      expect(all.length).toBeLessThan(20_000);
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
      for (const [what, id] of await oneOfEach(redis, queue)) {
        await redis.config("RESETSTAT");
        Object.assign(seen, { requests: 0, chars: 0 });
        const page = await admin.text(`/queues/orders/messages/${id}`);
        expect(page).toContain(what);
        expect(seen.requests, what).toBeLessThanOrEqual(7);
        expect(await commandCount(redis), what).toBeLessThanOrEqual(30);
        expect(seen.chars, what).toBeLessThan(2_200_000);
        expect(page.length, what).toBeLessThan(20_000);
      }
    }
  },
  120_000,
);

serverTest("consumers are not listed where there are thousands of them", async () => {
  const { url } = await privateRedis();
  const { store, seen } = counted(ioredis({ url }));
  const queue = createQueue({ name: "orders", store });
  const redis = connectRaw(url);
  onTestFinished(() => redis.disconnect());
  const { stream, group } = queue.resolved.storeQueue;
  const admin = await signedIn(dashboardOf(queue), ADMIN);
  await redis.xgroup("CREATE", stream, group, "0", "MKSTREAM");
  const pipeline = redis.pipeline();
  for (let i = 0; i <= 2_000; i += 1)
    pipeline.xgroup("CREATECONSUMER", stream, group, `worker-${i}`);
  await pipeline.exec();
  seen.chars = 0;
  const page = await admin.text("/queues/orders/in-flight");
  expect(page).toContain("2,001 consumers: Redis would list all of them");
  expect(seen.chars).toBeLessThan(12_000);
  await redis.xgroup("DELCONSUMER", stream, group, "worker-0");
  expect(await admin.text("/queues/orders/in-flight")).toContain("<code>worker-1</code>");
});

serverTest("a page of very large payloads is shorter, and still of a bounded size", async () => {
  const { url } = await privateRedis();
  const { store, seen } = counted(ioredis({ url }));
  const queue: Queue<unknown> = createQueue({ name: "orders", store, maxPayload: 8_000_000 });
  const redis = connectRaw(url);
  onTestFinished(() => redis.disconnect());
  for (let i = 0; i < 30; i += 1) await queue.send("x".repeat(900_000));
  for (let i = 0; i < 30; i += 1) await queue.send("x".repeat(900_000), { delay: "1 h" });
  const { dead } = groupKeys(queue.resolved.storeQueue);
  const story = "failed_at 1 reason failed error no deliveries 1 failures 1 original_id 7-0".split(
    " ",
  );
  const large = JSON.stringify("x".repeat(900_000));
  for (let i = 0; i < 30; i += 1) await redis.xadd(dead, "*", ...story, "xd:d", large);
  const admin = await signedIn(dashboardOf(queue), ADMIN);
  for (const path of ["messages", "delayed", "dead-letters"]) {
    Object.assign(seen, { requests: 0, chars: 0 });
    const page = await admin.text(`/queues/orders/${path}`);
    expect(seen.chars, path).toBeLessThan(6 * 900_000);
    expect(page.length, path).toBeLessThan(60_000);
    expect(page, path).toContain('rel="next"');
  }
  const [[id = ""] = []] = await redis.xrange("orders", "-", "+", "COUNT", "1");
  Object.assign(seen, { requests: 0, chars: 0 });
  const whole = await admin.text(`/queues/orders/messages/${id}`);
  expect(whole).toContain("The first 50,000 of 900,002 characters (900 KB).");
  expect(seen.chars).toBeLessThan(2 * 900_000);
  expect(whole.length).toBeLessThan(80_000);
});

/** More queues, with nothing in them. */
function others(store: Store): readonly Queue<unknown>[] {
  return ["mails", "invoices"].map((name) => createQueue({ name, store }));
}

/** A message in each state and what its page says of it, and some that are nowhere. */
async function oneOfEach(
  redis: Redis,
  queue: Queue<unknown>,
): Promise<readonly (readonly [string, string])[]> {
  const { stream, parked, delayed, dead } = groupKeys(queue.resolved.storeQueue);
  const [[inFlight = ""] = []] = await redis.xrange(stream, "-", "+", "COUNT", "1");
  const [[ready = ""] = []] = await redis.xrevrange(stream, "+", "-", "COUNT", "1");
  const [waiting = ""] = await redis.zrange(parked, "0", "0");
  const [later = ""] = await redis.zrange(delayed, "0", "0");
  expect(await redis.xlen(dead)).toBeGreaterThan(0);
  return [
    ["in flight</span>", inFlight],
    ["ready</span>", ready],
    ["parked</span>", waiting],
    ["delayed</span>", later],
    ["dead letter</span>", "7-0"],
    ["not there</span>", `${Date.now() + 60_000}-0`],
    ["not there</span>", `${Date.now() - 60_000}-0`],
    ["not there</span>", "d1-000-nowhere"],
  ];
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
