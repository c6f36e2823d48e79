import { Hono } from "hono";
import { expect, test } from "vitest";
import { freePort } from "../../scripts/local-redis.ts";
import { OptionError, StoreError } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { type HttpOptions, httpApp, type Work } from "../../src/runtimes/http/index.ts";
import { ACCESS, servingQueues, TOKENS, tcpWork } from "./support.ts";

const { drain: token } = TOKENS;

/** Takes the passes that go on by themselves. */
function platform() {
  const passes: Promise<unknown>[] = [];
  return { passes, waitUntil: (pass: Promise<unknown>) => void passes.push(pass) };
}

const drainPath = ({ queue }: Work) => `/queues/${queue.name}/drain`;

test("who does not wait is answered before the pass, where the platform lets that go on", async () => {
  const { passes, waitUntil } = platform();
  const seen: unknown[] = [];
  const inbox = tcpWork(({ payload }) => seen.push(payload));
  await servingQueues(
    inbox,
    async (ask) => {
      await inbox.queue.send(1);
      const reply = await ask(drainPath(inbox), { token, body: { wait: false, depth: 3 } });
      expect([reply.status, reply.json]).toEqual([202, { queue: inbox.queue.name }]);
      await Promise.all(passes);
      expect([seen, passes.length]).toEqual([[1], 1]);
    },
    { waitUntil },
  );
});

/** A request for a pass that answers before the pass has ended. */
function unawaited(inbox: Parameters<typeof drainPath>[0]): Request {
  return new Request(`http://app${drainPath(inbox)}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: '{"wait":false}',
  });
}

test("Hono's execution context lets a pass go on too", async () => {
  const { passes, waitUntil } = platform();
  const seen: unknown[] = [];
  const inbox = tcpWork(({ payload }) => seen.push(payload));
  await inbox.queue.send(1);
  const app = httpApp({ queues: inbox, tokens: ACCESS });
  const context = { waitUntil, passThroughOnException() {}, props: {} };
  expect((await app.fetch(unawaited(inbox), {}, context)).status).toBe(202);
  await Promise.all(passes);
  expect(seen).toEqual([1]);
});

test("behind a route of another app, and mounted in one, a pass goes on as well", async () => {
  const inbox = tcpWork();
  const jobs = httpApp({ queues: inbox, tokens: ACCESS });
  const routed = new Hono();
  routed.all("/queues/*", (c) => jobs.fetch(c.req.raw, c.env, c.executionCtx));
  const mounted = new Hono();
  mounted.mount("/", jobs.fetch);
  for (const app of [routed, mounted]) {
    const { passes, waitUntil } = platform();
    const context = { waitUntil, passThroughOnException() {}, props: {} };
    expect((await app.fetch(unawaited(inbox), {}, context)).status).toBe(202);
    expect(await Promise.all(passes)).toMatchObject([[{ stopped: "empty" }]]);
  }
});

test("everybody else gets the report: who waits, and who asks where nothing can go on", async () => {
  const { passes, waitUntil } = platform();
  const inbox = tcpWork();
  const asked: [Partial<HttpOptions>, object | undefined][] = [
    [{ waitUntil }, undefined],
    [{ waitUntil }, {}],
    [{ waitUntil }, { wait: true }],
    [{ waitUntil }, { depth: 2 }],
    [{}, { wait: false }],
  ];
  for (const [options, body] of asked) {
    await inbox.queue.send(1);
    await servingQueues(
      inbox,
      async (ask) => {
        const reply = await ask(drainPath(inbox), { token, body, method: "POST" });
        expect([reply.status, reply.json.completed], JSON.stringify(body)).toEqual([200, 1]);
      },
      options,
    );
  }
  expect(passes).toHaveLength(4); // they go on too, should their callers hang up
});

test("limits narrow a pass that nobody waits for", async () => {
  const { passes, waitUntil } = platform();
  const inbox = tcpWork();
  await inbox.queue.sendBatch([{ payload: 1 }, { payload: 2 }, { payload: 3 }]);
  await servingQueues(
    inbox,
    async (ask) => {
      await ask(drainPath(inbox), { token, body: { wait: false, maxMessages: 2 } });
      await Promise.all(passes);
    },
    { waitUntil },
  );
  expect(await inbox.queue.depth()).toMatchObject({ entries: 1 });
});

test("what cannot be asked for is refused before the answer, and no pass begins", async () => {
  const { passes, waitUntil } = platform();
  const inbox = tcpWork();
  await inbox.queue.send(1);
  const bodies = [
    { wait: "no" },
    { wait: false, depth: -1 },
    { wait: false, depth: 1.5 },
    { wait: false, depth: "1" },
    { depth: 1_000_001 },
    { wait: false, maxMessages: 0 },
    { wait: false, other: 1 },
    { wait: false, queue: inbox.queue.name },
    [],
    null,
    7,
  ];
  await servingQueues(
    inbox,
    async (ask) => {
      for (const body of bodies) {
        const { status, json } = await ask(drainPath(inbox), { token, body });
        expect([status, json.error.code], JSON.stringify(body)).toEqual([400, "invalid_option"]);
      }
      const denied = await ask(drainPath(inbox), { token: TOKENS.send, body: { wait: false } });
      expect(denied.status).toBe(403);
    },
    { waitUntil },
  );
  await Promise.all(passes);
  expect(await inbox.queue.depth()).toMatchObject({ entries: 1 });
});

test("a pass that fails after the answer is told to the hook, and rejects nowhere", async () => {
  const { passes, waitUntil } = platform();
  const store = ioredis({ url: `redis://127.0.0.1:${await freePort()}`, attempts: 1 });
  const inbox = tcpWork(() => {}, {}, { name: "inbox", store });
  const errors: unknown[] = [];
  const onError = (error: unknown) => {
    errors.push(error);
    throw new Error("The log is full.");
  };
  await servingQueues(
    inbox,
    async (ask) => {
      expect((await ask(drainPath(inbox), { token, body: { wait: false } })).status).toBe(202);
      await Promise.all(passes);
      expect(errors).toEqual([expect.any(StoreError)]);
      // Where somebody waits, the hook is told once.
      expect((await ask(drainPath(inbox), { token, method: "POST" })).status).toBe(503);
      await Promise.all(passes);
      expect(errors).toHaveLength(2);
    },
    { waitUntil, onError },
  );
  store.close();
});

test("a `waitUntil` that is no function is refused", () => {
  const waitUntil = {} as never;
  expect(() => httpApp({ queues: tcpWork(), tokens: ACCESS, waitUntil })).toThrow(OptionError);
});
