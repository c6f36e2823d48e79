import { once } from "node:events";
import { createServer, type Server } from "node:net";
import type { Redis } from "ioredis";
import { describe, expect, onTestFinished } from "vitest";
import { freePort } from "../../scripts/local-redis.ts";
import { serveGateway } from "../../src/gateway/serve.ts";
import { createQueue, drain, Reject, type SendError, type StoreError } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { upstash } from "../../src/redis/upstash.ts";
import { age, readGroup } from "../interop/foreign.ts";
import { connectRaw, privateRedis, serverTest, uniqueName } from "../support/redis.ts";
import { letTimePass } from "../support/time-travel.ts";
import { openStore, TOKEN, TRANSPORTS } from "../transports/stores.ts";
import { expectNothingSecret, failureOf, SECRET } from "./support.ts";

// A store that refuses or is not there: each failure has its code, keeps its cause, repeats nothing
// secret, and loses nothing.

const QUICK = { requestTimeoutMs: 150, attempts: 2 };

function rawClient(url?: string) {
  const redis = connectRaw(url);
  onTestFinished(() => redis.disconnect());
  return redis;
}

/** Leaves the first message as a pass leaves it that died: in flight, and silent for long. */
async function readByDeadPass(redis: Redis, stream: string): Promise<void> {
  const [entry] = await readGroup(redis, stream, "xd:dead", 1);
  await age(redis, stream, "xd:dead", [entry?.[0] ?? ""]);
  await redis.hdel(keyOf(stream, "state"), "next");
}

function keyOf(stream: string, what: string): string {
  return `{${stream}}:xd:${stream}:xdrain:${what}`;
}

describe.each(TRANSPORTS)("over %s", (transport) => {
  serverTest("a key of another type is refused by name, and nothing is lost", async () => {
    const queue = createQueue({ name: uniqueName(), store: await openStore(transport) });
    const redis = rawClient();
    await redis.set(queue.name, "not a stream");
    await failureOf<StoreError>("store_wrong_type", () => drain(queue, () => {}));
    const sending = await failureOf<SendError>("send_failed", () => queue.send(SECRET));
    expect(sending).toMatchObject({ sentIds: [], uncertain: false });
    expect(sending.cause).toMatchObject({ code: "store_wrong_type" });
    await redis.del(queue.name);

    await drain(queue, () => {});
    await queue.send(1);
    await redis.set(keyOf(queue.name, "parked"), "not a sorted set");
    await failureOf("store_wrong_type", () => drain(queue, () => expect.fail("ran")));
    await redis.del(keyOf(queue.name, "parked"));
    expect(await drain(queue, () => {})).toMatchObject({ completed: 1 });
  });

  serverTest("a key that changes its type during a pass ends it, and nothing is lost", async () => {
    const queue = createQueue({ name: uniqueName(), store: await openStore(transport) });
    const redis = rawClient();
    await queue.sendBatch([{ payload: SECRET }, { payload: SECRET }]);
    let ran = 0;
    const report = await drain(queue, async () => {
      await redis.set(keyOf(queue.name, "parked"), "not a sorted set");
      ran += 1;
      if (ran === 2) throw new Error("later");
    });
    expect(report).toMatchObject({ stopped: "store", completed: 0, uncertain: 2, more: true });
    expect(report.error).toMatchObject({ code: "store_wrong_type" });
    expectNothingSecret(report);
    await redis.del(keyOf(queue.name, "parked"));
    expect(await queue.depth()).toMatchObject({ entries: 2, inFlight: 2 });
    await letTimePass(redis, queue.name, 120_000);
    expect(await drain(queue, () => {})).toMatchObject({ reclaimed: 2, completed: 2 });
  });

  serverTest(
    "any key of a queue may have another type: it is refused, nothing is lost",
    async () => {
      const store = await openStore(transport);
      const redis = rawClient();
      for (const what of ["parked", "state", "dead", "keys", "crashes", "results"]) {
        const queue = createQueue({ name: uniqueName(what), store, keepResults: true });
        await drain(queue, () => {});
        const ids = [await queue.send("fine"), await queue.send(SECRET, { idempotencyKey: "k" })];
        await readByDeadPass(redis, queue.name);
        await redis.set(keyOf(queue.name, what), "of another type");
        const seen = new Set<string>();
        const handler = async (message: { payload: unknown; id: string }) => {
          seen.add(message.id);
          if (message.payload === SECRET) throw new Reject(`not ${what}`);
        };
        const pass = await drain(queue, handler).catch((error: unknown) => ({ error }));
        expect(pass.error, what).toMatchObject({ code: "store_wrong_type" });
        expectNothingSecret(pass);

        await redis.del(keyOf(queue.name, what));
        await letTimePass(redis, queue.name, 120_000);
        await drain(queue, handler);
        expect([...seen].sort(), what).toEqual(ids.map(({ id }) => id).sort());
        const dead = await queue.deadLetters.list();
        expect(
          dead.map(({ payload }) => payload),
          what,
        ).toEqual([SECRET]);
        expect(await queue.depth(), what).toEqual({ entries: 0, inFlight: 0, parked: 0, dead: 1 });
      }
    },
  );

  serverTest(
    "a group that is missing or destroyed is made again, and nothing is lost",
    async () => {
      const queue = createQueue<number>({ name: uniqueName(), store: await openStore(transport) });
      const redis = rawClient();
      const sent = await queue.sendBatch(Array.from({ length: 20 }, (_, n) => ({ payload: n })));
      const seen = new Set<string>();
      const report = await drain(
        queue,
        async (message) => {
          if (message.payload === 5 && seen.size === 5) {
            await redis.xgroup("DESTROY", queue.name, "xdrain");
          }
          seen.add(message.id);
        },
        { batch: 10, concurrency: 1 },
      );
      expect(report).toMatchObject({ stopped: "empty", dead: 0, lostPayloads: 0 });
      expect(report.lost).toBeGreaterThan(0);
      expect([...seen]).toEqual(sent.map(({ id }) => id));
      expect(await queue.depth()).toEqual({ entries: 0, inFlight: 0, parked: 0, dead: 0 });

      await redis.xgroup("DESTROY", queue.name, "xdrain");
      await queue.send(20);
      expect(await drain(queue, () => {})).toMatchObject({ completed: 1 });
      await redis.del(queue.name);
      expect(await drain(queue, () => {})).toMatchObject({ completed: 0, stopped: "empty" });
      await queue.send(21);
      expect(await drain(queue, () => {})).toMatchObject({ completed: 1 });
    },
  );

  serverTest("scripts that were flushed are sent again, before and during a pass", async () => {
    const { url } = await privateRedis();
    const queue = createQueue<number>({ name: "q", store: await openStore(transport, url) });
    const redis = rawClient(url);
    await queue.sendBatch(Array.from({ length: 30 }, (_, n) => ({ payload: n })));
    await redis.script("FLUSH");
    const report = await drain(
      queue,
      async () => {
        await redis.script("FLUSH");
      },
      { batch: 10, concurrency: 1, prefetch: false },
    );
    expect(report).toMatchObject({ stopped: "empty", completed: 30, lost: 0, replayed: 0 });
    expect(report.requests, "each turn needs its text again").toBe(2 * report.turns);
  });

  serverTest("a full Redis refuses sends, and drains still settle and free", async () => {
    const { url } = await privateRedis(["--maxmemory-policy", "noeviction"]);
    const store = await openStore(transport, url);
    const queue = createQueue({ name: "q", store, backoff: { initial: "1 h", jitter: "none" } });
    const redis = rawClient(url);
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
    expect(await queue.depth()).toEqual({ entries: 20, inFlight: 0, parked: 20, dead: 0 });
    await redis.config("SET", "maxmemory", "100mb");
    await queue.send(payload);
  });
});

serverTest("a read-only replica is named as such", async () => {
  const primary = await privateRedis(["--repl-diskless-sync-delay", "0"]);
  const replica = await privateRedis(["--replicaof", "127.0.0.1", String(primary.port)]);
  const redis = rawClient(replica.url);
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
  const redis = rawClient(url);
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

serverTest("wrong credentials are named, over TCP and REST, and never shown", async () => {
  const { url, port } = await privateRedis();
  await rawClient(url).config("SET", "requirepass", "right");
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

serverTest("a server that is not there is told as unreachable, with the reason", async () => {
  const port = await freePort();
  const tcp = ioredis({ url: `redis://:${SECRET}@127.0.0.1:${port}`, ...QUICK });
  onTestFinished(() => tcp.close());
  const rest = upstash({ url: `http://127.0.0.1:${port}`, token: SECRET, ...QUICK });
  for (const store of [tcp, rest]) {
    const queue = createQueue({ name: "q", store });
    const error = await failureOf<StoreError>("store_unavailable", () => drain(queue, () => {}));
    expect(error).toMatchObject({ requests: 2, uncertain: true });
    expect(reasonsOf(error)).toContain("ECONNREFUSED");
    const sending = await failureOf<SendError>("send_failed", () => queue.send(SECRET));
    expect(sending).toMatchObject({ uncertain: true, sentIds: [] });
    expect(sending.cause).toMatchObject({ code: "store_unavailable" });
  }
});

serverTest("a server that never answers is a timeout, as often as it was told to try", async () => {
  let asked = 0;
  const server = createServer((socket) => {
    socket.once("data", () => {
      asked += 1;
    });
  });
  const { port } = await listening(server);
  const tcp = ioredis({ url: `redis://127.0.0.1:${port}`, ...QUICK });
  onTestFinished(() => tcp.close());
  const rest = upstash({ url: `http://127.0.0.1:${port}`, token: SECRET, ...QUICK });
  for (const store of [tcp, rest]) {
    asked = 0;
    const queue = createQueue({ name: "q", store });
    const error = await failureOf<StoreError>("store_timeout", () => drain(queue, () => {}));
    expect(error).toMatchObject({ requests: 2, uncertain: true });
    expect(reasonsOf(error)).toContain("No answer within 150 ms");
    expect(asked).toBe(2);
    const sending = await failureOf<SendError>("send_failed", () => queue.send(SECRET));
    expect(sending).toMatchObject({ uncertain: true });
  }
});

serverTest("a Redis that goes behind its gateway leaves sends uncertain, not refused", async () => {
  const redis = await privateRedis();
  const gateway = await serveGateway({ redis: redis.url, token: TOKEN, connectTimeoutMs: 100 });
  onTestFinished(() => gateway.close());
  const store = upstash({ url: gateway.url, token: TOKEN, ...QUICK, requestTimeoutMs: 2_000 });
  const queue = createQueue({ name: "q", store });
  await queue.send(1);
  const report = await drain(queue, () => redis.stop());
  expect(report).toMatchObject({ stopped: "store", completed: 0, uncertain: 1 });
  expect(report.error).toMatchObject({ code: "store_unavailable" });
  await failureOf("store_unavailable", () => drain(queue, () => {}));
  const sending = await failureOf<SendError>("send_failed", () => queue.send(SECRET));
  expect(sending.cause).toMatchObject({ code: "store_unavailable" });
});

/** All messages and codes of an error and its causes, as one text. */
function reasonsOf(error: unknown): string {
  const texts: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    texts.push(at.message, String((at as { code?: unknown }).code));
  }
  return texts.join(" ");
}

async function listening(server: Server): Promise<{ port: number }> {
  const sockets = new Set<{ destroy(): void }>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return server.address() as { port: number };
}
