import { describe, expect, onTestFinished } from "vitest";
import { serveGateway } from "../../src/gateway/serve.ts";
import { createQueue, drain, type SendError, type StoreError } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { upstash } from "../../src/redis/upstash.ts";
import { otherProgram } from "../interop/foreign.ts";
import { EMPTY } from "../support/depth.ts";
import { privateRedis, serverTest } from "../support/redis.ts";
import { openStore, TOKEN, TRANSPORTS } from "../transports/stores.ts";
import { failureOf, SECRET } from "./support.ts";

// Servers that are there and refuse: full ones, replicas, Clusters, those that want a password.

describe.each(TRANSPORTS)("over %s", (transport) => {
  serverTest("a full Redis refuses sends, and drains still settle and free", async () => {
    const { url } = await privateRedis(["--maxmemory-policy", "noeviction"]);
    const store = await openStore(transport, url);
    const queue = createQueue({ name: "q", store, backoff: { initial: "1 h", jitter: "none" } });
    const redis = otherProgram(url);
    const payload = SECRET.padEnd(10_000, "x");
    await queue.sendBatch(Array.from({ length: 200 }, () => ({ payload })));
    await redis.config("SET", "maxmemory", "1mb");

    const single = await failureOf<SendError>("send_failed", () => queue.send(payload));
    expect(single).toMatchObject({ sentIds: [], uncertain: false });
    expect(single.cause).toMatchObject({ code: "store_full" });
    const batch = await failureOf<SendError>("send_failed", () =>
      queue.sendBatch([{ payload }, { payload }]),
    );
    expect(batch.cause).toMatchObject({ code: "store_full" });
    expect((await queue.depth()).entries, "nothing was stored").toBe(200);

    let n = 0;
    const report = await drain(queue, () => {
      n += 1;
      if (n <= 20) throw new Error("later");
    });
    expect(report).toMatchObject({ stopped: "empty", completed: 180, retried: 20, lost: 0 });
    expect(await queue.depth()).toEqual({ ...EMPTY, entries: 20, parked: 20 });
    await redis.config("SET", "maxmemory", "100mb");
    await queue.send(payload);
  });
});

serverTest("a read-only replica is named as such", async () => {
  const primary = await privateRedis(["--repl-diskless-sync-delay", "0"]);
  const replica = await privateRedis(["--replicaof", "127.0.0.1", String(primary.port)]);
  const redis = otherProgram(replica.url);
  while (!String(await redis.info("replication")).includes("master_link_status:up")) {
    await redis.ping();
  }
  for (const transport of TRANSPORTS) {
    const queue = createQueue({ name: "q", store: await openStore(transport, replica.url) });
    const drained = await failureOf<StoreError>("store_read_only", () => drain(queue, () => {}));
    expect(drained.uncertain).toBe(false);
    const sending = await failureOf<SendError>("send_failed", () => queue.send(SECRET));
    expect(sending.cause).toMatchObject({ code: "store_read_only" });
  }
});

serverTest("a dead-letter stream in another slot of a Cluster is named as such", async () => {
  const { url } = await privateRedis(["--cluster-enabled", "yes"]);
  const redis = otherProgram(url);
  await redis.cluster("ADDSLOTSRANGE", 0, 16383);
  while (!String(await redis.cluster("INFO")).includes("cluster_state:ok")) await redis.ping();
  for (const transport of TRANSPORTS) {
    const store = await openStore(transport, url);
    const at = (stream: string) => createQueue({ name: "orders", store, deadLetters: { stream } });
    await at("dead-orders").send(1);
    const error = await failureOf("store_cross_slot", () => drain(at("dead-orders"), () => {}));
    expect(error.message).toContain("hash tag");
    expect(await drain(at("dead-{orders}"), () => {})).toMatchObject({ completed: 1 });
  }
});

serverTest(
  "queues of one drain in several slots of a Cluster are named, with names that do",
  async () => {
    const { url } = await privateRedis(["--cluster-enabled", "yes"]);
    const redis = otherProgram(url);
    await redis.cluster("ADDSLOTSRANGE", 0, 16383);
    while (!String(await redis.cluster("INFO")).includes("cluster_state:ok")) await redis.ping();
    for (const transport of TRANSPORTS) {
      const store = await openStore(transport, url);
      const queuesOf = (...names: readonly string[]) =>
        names.map((name) => createQueue({ name, store }));
      const apart = queuesOf("tasks:high", "tasks:low");
      for (const queue of apart) await queue.send(transport);
      const error = await failureOf("store_cross_slot", () => drain(apart, () => {}));
      expect(error.message).toContain("tasks:high, tasks:low");
      expect(error.message).toContain("{tasks}:high, {tasks}:low");
      expect((await apart[0]?.depth())?.inFlight, "nothing was claimed").toBe(0);
      const unlike = queuesOf("mail", "orders");
      const other = await failureOf("store_cross_slot", () => drain(unlike, () => {}));
      expect(other.message).toContain("{queues}:mail, {queues}:orders");
      const near = queuesOf("{tasks}:high", "{tasks}:low");
      for (const queue of near) await queue.send(transport);
      expect(await drain(near, () => {})).toMatchObject({ completed: 2 });
    }
  },
);

serverTest(
  "a queue whose key holds something else takes nothing from those beside it",
  async () => {
    const { url } = await privateRedis();
    const redis = otherProgram(url);
    for (const transport of TRANSPORTS) {
      const store = await openStore(transport, url);
      const good = createQueue({ name: `good-${transport}`, store });
      await redis.set(`bad-${transport}`, "a string");
      const bad = createQueue({ name: `bad-${transport}`, store });
      await good.sendBatch([{ payload: 1 }, { payload: 2 }, { payload: 3 }]);
      for (const order of [
        [good, bad],
        [bad, good],
      ]) {
        const report = await drain(order, () => {}, { concurrency: 1 });
        expect(report).toMatchObject({ stopped: "store", error: { code: "store_wrong_type" } });
        expect(report.uncertain).toBe(0);
      }
      // What was claimed went back at once: a later pass over the good one alone finds it.
      expect(await good.depth()).toMatchObject({ inFlight: 0 });
      const report = await drain(good, ({ deliveries }) => expect(deliveries).toBe(1));
      expect(report).toMatchObject({ completed: 3, retried: 0 });
    }
  },
);

serverTest("wrong credentials are named, over TCP and REST, and never shown", async () => {
  const { url, port } = await privateRedis();
  await otherProgram(url).config("SET", "requirepass", "right");
  const over = {
    none: ioredis({ url }),
    wrong: ioredis({ url: `redis://:${SECRET}@127.0.0.1:${port}` }),
  };
  for (const store of Object.values(over)) {
    onTestFinished(() => store.close());
    const queue = createQueue({ name: "q", store });
    await failureOf("store_unauthorized", () => drain(queue, () => {}));
    const sending = await failureOf<SendError>("send_failed", () => queue.send(SECRET));
    expect(sending.cause).toMatchObject({ code: "store_unauthorized" });
  }

  const gateway = await serveGateway({
    redis: `redis://:right@127.0.0.1:${port}`,
    tokens: [
      { token: TOKEN, access: "read-write" },
      { token: `${SECRET}-reader`, access: "read-only" },
    ],
  });
  onTestFinished(() => gateway.close());
  for (const token of [SECRET, `${SECRET}-reader`]) {
    const queue = createQueue({ name: "q", store: upstash({ url: gateway.url, token }) });
    await failureOf("store_unauthorized", () => drain(queue, () => {}));
    const sending = await failureOf<SendError>("send_failed", () => queue.send(SECRET));
    expect(sending.cause).toMatchObject({ code: "store_unauthorized" });
  }
  const queue = createQueue({ name: "q", store: upstash({ url: gateway.url, token: TOKEN }) });
  expect(await drain(queue, () => {})).toMatchObject({ stopped: "empty" });
});
