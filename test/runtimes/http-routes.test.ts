import { Hono } from "hono";
import { expect, test } from "vitest";
import { findRedisServer, freePort, startRedis } from "../../scripts/local-redis.ts";
import { createQueue, drain, Reject } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { httpApp, work } from "../../src/runtimes/http/index.ts";
import { EMPTY } from "../support/depth.ts";
import { serverTest } from "../support/redis.ts";
import { ACCESS, serving, servingQueues, TOKENS, tcpWork } from "./support.ts";

const { all: token } = TOKENS;

test("a message that was sent over HTTP is drained over HTTP", async () => {
  const seen: unknown[] = [];
  const inbox = tcpWork((message) => seen.push([message.id, message.payload]));
  await servingQueues(inbox, async (ask) => {
    const path = `/queues/${inbox.queue.name}`;
    const sent = await ask(`${path}/messages`, { token, body: { payload: { n: 1 } } });
    expect(sent.status).toBe(202);
    const health = await ask(`${path}/health`, { token });
    expect(health.json).toEqual({
      queue: inbox.queue.name,
      depth: { ...EMPTY, entries: 1 },
    });
    const drained = await ask(`${path}/drain`, { token, method: "POST" });
    expect(drained.status).toBe(200);
    expect(drained.json).toMatchObject({ queue: inbox.queue.name, stopped: "empty", completed: 1 });
    expect(seen).toEqual([[sent.json.ids[0], { n: 1 }]]);
  });
});

test("a batch is stored in its order, and a key that is done is not worked on again", async () => {
  const seen: unknown[] = [];
  const inbox = tcpWork((message) => seen.push(message.payload));
  await servingQueues(inbox, async (ask) => {
    const path = `/queues/${inbox.queue.name}`;
    const messages = [
      { payload: 1, idempotencyKey: "a" },
      { payload: null },
      { payload: 2, idempotencyKey: "b" },
    ];
    const sent = await ask(`${path}/messages`, { token, body: { messages } });
    expect(sent.json.ids).toHaveLength(3);
    await ask(`${path}/drain`, { token });
    await ask(`${path}/messages`, { token, body: { payload: 3, idempotencyKey: "a" } });
    const again = await ask(`${path}/drain`, { token });
    expect(again.json).toMatchObject({ completed: 0, duplicates: 1 });
    expect(seen).toEqual([1, null, 2]);
  });
});

test("a report goes out as JSON, its dates as ISO texts", async () => {
  const inbox = tcpWork(() => {
    throw new Error("no");
  });
  await inbox.queue.send(1);
  await servingQueues(inbox, async (ask) => {
    const { json } = await ask(`/queues/${inbox.queue.name}/drain`, { token });
    expect(json).toMatchObject({ retried: 1, stopped: "empty" });
    expect(new Date(json.nextDueAt).toISOString()).toBe(json.nextDueAt);
  });
});

test("dead letters are no error", async () => {
  const inbox = tcpWork(() => {
    throw new Reject("never");
  });
  await inbox.queue.send(1);
  await servingQueues(inbox, async (ask) => {
    const reply = await ask(`/queues/${inbox.queue.name}/drain`, { token });
    expect(reply.status).toBe(200);
    expect(reply.json).toMatchObject({ dead: 1 });
  });
});

test("the health of all queues is told together", async () => {
  const [one, two] = [tcpWork(), tcpWork()];
  await one.queue.send(1);
  await servingQueues([one, two], async (ask) => {
    const { status, json } = await ask("/health", { token });
    expect(status).toBe(200);
    expect(json.queues).toMatchObject([
      { queue: one.queue.name, depth: { entries: 1 } },
      { queue: two.queue.name, depth: { entries: 0 } },
    ]);
  });
});

test("bodies that are too large, of another type, or no JSON are refused before anything is sent", async () => {
  const inbox = tcpWork();
  const streamOf = (text: string) => new Response(text).body as ReadableStream;
  await servingQueues(
    inbox,
    async (ask) => {
      const path = `/queues/${inbox.queue.name}/messages`;
      const large = JSON.stringify({ payload: "x".repeat(100) });
      const form = { "content-type": "application/x-www-form-urlencoded" };
      const { raw: latin1 } = { raw: new Uint8Array([0x22, 0xe4, 0x22]) };
      const replies = await Promise.all([
        ask(path, { token, raw: large }),
        ask(path, { token, raw: streamOf(large) }),
        ask(path, { token, raw: "payload=1", headers: form }),
        ask(path, { token, raw: "{" }),
        ask(path, { token, raw: latin1 }),
        ask(path, { token, method: "POST" }),
        ask(path, { token, body: [] }),
        ask(path, { token, body: { payload: 1, more: 2 } }),
        ask(path, { token, body: { idempotencyKey: "a" } }),
        ask(path, { token, body: { payload: 1, idempotencyKey: 7 } }),
        ask(path, { token, body: { payload: 1, idempotencyKey: "" } }),
        ask(path, { token, body: { messages: [] } }),
        ask(path, { token, body: { messages: [{ payload: 1 }, { payload: 1 }, { payload: 1 }] } }),
        ask(path, { token, body: { messages: [{ payload: 1 }], more: 1 } }),
      ]);
      expect(replies.map(({ status, json }) => [status, json.error.code])).toEqual([
        [413, "body_too_large"],
        [413, "body_too_large"],
        [415, "not_json"],
        [400, "not_json"],
        [400, "not_json"],
        [400, "invalid_request"],
        [400, "invalid_request"],
        [400, "invalid_request"],
        [400, "invalid_request"],
        [400, "invalid_request"],
        [400, "invalid_option"],
        [400, "invalid_request"],
        [400, "invalid_request"],
        [400, "invalid_request"],
      ]);
    },
    { maxBodyBytes: 100, maxMessages: 2 },
  );
  expect(await inbox.queue.depth()).toMatchObject({ entries: 0 });
});

test("a payload that the queue refuses is the caller's error", async () => {
  const inbox = tcpWork(() => {}, {}, { maxPayload: 50 });
  await servingQueues(inbox, async (ask) => {
    const path = `/queues/${inbox.queue.name}/messages`;
    const reply = await ask(path, { token, body: { payload: "x".repeat(100) } });
    expect([reply.status, reply.json.error.code]).toEqual([413, "payload_too_large"]);
  });
});

test("a store that is down is a 503 for every route, and the hook is told", async () => {
  const store = ioredis({ url: `redis://127.0.0.1:${await freePort()}`, attempts: 1 });
  const errors: unknown[] = [];
  const inbox = tcpWork(() => {}, {}, { name: "inbox", store });
  await servingQueues(
    inbox,
    async (ask) => {
      const replies = [
        await ask("/queues/inbox/messages", { token, body: { payload: 1 } }),
        await ask("/queues/inbox/drain", { token }),
        await ask("/queues/inbox/health", { token }),
        await ask("/health", { token }),
      ];
      expect(replies.map(({ status, json }) => [status, json.error.code])).toEqual([
        [503, "send_failed"],
        [503, "store_unavailable"],
        [503, "store_unavailable"],
        [503, "store_unavailable"],
      ]);
      expect(replies[0]?.json.error).toMatchObject({ sentIds: [], uncertain: true });
      expect(errors).toHaveLength(4);
    },
    { onError: (error) => errors.push(error) },
  );
});

serverTest("a store that fails in the middle gives the report of what was done", async () => {
  const redis = await startRedis(findRedisServer({ install: false }));
  const store = ioredis({ url: redis.url, attempts: 1 });
  const inbox = work(createQueue({ name: "inbox", store }), () => redis.stop());
  await inbox.queue.send("x");
  await servingQueues(inbox, async (ask) => {
    const { status, json } = await ask("/queues/inbox/drain", { token });
    expect(status).toBe(200);
    expect(json).toMatchObject({ stopped: "store", claimed: 1, completed: 0, uncertain: 1 });
    expect(json.error).toMatchObject({ name: "StoreError", code: "store_unavailable" });
    expect(Object.keys(json.error)).not.toContain("cause");
  });
});

test("each pass is told to the hook, which can break nothing", async () => {
  const told: unknown[] = [];
  const inbox = tcpWork();
  const onReport = (report: { queue: string }) => {
    told.push(report.queue);
    throw new Error("no log");
  };
  await servingQueues(
    inbox,
    async (ask) => {
      const { status } = await ask(`/queues/${inbox.queue.name}/drain`, { token });
      expect([status, told]).toEqual([200, [inbox.queue.name]]);
    },
    { onReport },
  );
});

test("the routes can be a part of another app, at their own paths or under another", async () => {
  const inbox = tcpWork();
  const jobs = httpApp({ queues: inbox, tokens: ACCESS });
  const app = new Hono();
  app.all("/queues/*", (c) => jobs.fetch(c.req.raw));
  app.mount("/mq", jobs.fetch);
  await serving(app.fetch, async (ask) => {
    for (const base of ["", "/mq"]) {
      const path = `${base}/queues/${inbox.queue.name}/messages`;
      expect((await ask(path, { token, body: { payload: 7 } })).status).toBe(202);
      expect((await ask(path, { body: { payload: 7 } })).json.error.code).toBe("unauthorized");
    }
    expect((await ask("/health", { token })).status).toBe(404);
  });
  expect(await drain(inbox.queue, () => {})).toMatchObject({ completed: 2 });
});

test("on a platform that can wait, a pass goes on when its caller hangs up", async () => {
  const waiting: Promise<unknown>[] = [];
  const platform = {
    waitUntil: (promise: Promise<unknown>) => waiting.push(promise),
    passThroughOnException: () => {},
    props: {},
  };
  const inbox = tcpWork();
  const app = httpApp({ queues: inbox, tokens: ACCESS });
  const request = new Request(`http://x/queues/${inbox.queue.name}/drain`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect((await app.fetch(request, {}, platform)).status).toBe(200);
  expect(await Promise.all(waiting)).toMatchObject([[{ stopped: "empty" }]]);
});
