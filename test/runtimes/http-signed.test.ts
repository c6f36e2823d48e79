import { expect, onTestFinished, test } from "vitest";
import { ioredisNonces, memoryNonces } from "../../src/runtimes/http/index.ts";
import { signRequest } from "../../src/signing/index.ts";
import {
  askSigned,
  drainer,
  KEYS,
  NOW,
  send,
  sender,
  servingTo,
  TestClock,
} from "../signing/support.ts";
import { connectRaw, uniqueName } from "../support/redis.ts";
import { tcpWork } from "./support.ts";

test("a signed request sends, drains and looks as its scopes say", async () => {
  const seen: unknown[] = [];
  const inbox = tcpWork((message) => seen.push(message.payload));
  const path = `/queues/${inbox.queue.name}`;
  const callers = [sender({ keys: [KEYS.current] }), drainer({ keys: [KEYS.other] })];
  await servingTo(callers, inbox, async (_, url) => {
    const body = JSON.stringify({ payload: "grüße" });
    expect((await askSigned(url, `${path}/messages`, { body })).status).toBe(202);
    expect((await askSigned(url, `${path}/drain`)).status).toBe(403);
    const key = KEYS.other;
    expect((await askSigned(url, `${path}/messages`, { key, body })).status).toBe(403);
    const limits = JSON.stringify({ maxMessages: 1 });
    const drained = await askSigned(url, `${path}/drain`, { key, body: limits });
    expect(drained.json).toMatchObject({ completed: 1, stopped: "messages" });
    expect((await askSigned(url, "/health", { key, method: "GET" })).status).toBe(200);
  });
  expect(seen).toEqual(["grüße"]);
});

test("a send that is made again is refused and stores nothing twice", async () => {
  const inbox = tcpWork();
  const path = `/queues/${inbox.queue.name}/messages`;
  const body = JSON.stringify({ payload: 1 });
  await servingTo([sender()], inbox, async (_, url) => {
    const headers = await signRequest(KEYS.current, { url: url + path, body, now: NOW });
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => send(url + path, "POST", headers, body)),
    );
    const statuses = replies.map(({ status }) => status).sort();
    expect(statuses).toEqual([202, ...Array(7).fill(401)]);
    expect((await send(url + path, "POST", headers, body)).status).toBe(401);
  });
  expect(await inbox.queue.depth()).toMatchObject({ entries: 1 });
});

test("what one process let in, no other lets in again, where Redis keeps the nonces", async () => {
  const inbox = tcpWork();
  const path = `/queues/${inbox.queue.name}/messages`;
  const body = JSON.stringify({ payload: 1 });
  const prefix = uniqueName("nonce");
  const redis = connectRaw();
  onTestFinished(() => redis.disconnect());
  const app = () => [sender({ nonces: ioredisNonces(redis, { prefix }) })];
  const headers = await signRequest(KEYS.current, { url: `http://x${path}`, body, now: NOW });
  const statuses: number[] = [];
  for (const callers of [app(), app(), app()]) {
    await servingTo(callers, inbox, async (_, url) => {
      statuses.push((await send(url + path, "POST", headers, body)).status);
    });
  }
  expect(statuses).toEqual([202, 401, 401]);
});

test("a nonce is remembered for as long as its signature is good, even one from the future", async () => {
  const clock = new TestClock();
  const nonces = memoryNonces({ clock });
  const inbox = tcpWork();
  const path = `/queues/${inbox.queue.name}/drain`;
  await servingTo([drainer({ clock, nonces })], inbox, async (_, url) => {
    // Signed by a clock that is as far ahead as it may be.
    const headers = await signRequest(KEYS.current, { url: url + path, now: NOW + 300_000 });
    expect((await send(url + path, "POST", headers)).status).toBe(200);
    const again = await signRequest(KEYS.current, { url: url + path, now: NOW + 300_000 });
    for (const later of [1, 300_000, 600_000]) {
      clock.time = NOW + later;
      expect((await send(url + path, "POST", headers)).status).toBe(401);
    }
    expect((await send(url + path, "POST", again)).status).toBe(200);
  });
});

test("without a store of nonces a drain can be repeated, and no message is worked on twice", async () => {
  const seen: unknown[] = [];
  const inbox = tcpWork((message) => seen.push(message.payload));
  await inbox.queue.send("once");
  const path = `/queues/${inbox.queue.name}/drain`;
  await servingTo([drainer()], inbox, async (_, url) => {
    const headers = await signRequest(KEYS.current, { url: url + path, now: NOW });
    for (const completed of [1, 0]) {
      const reply = await send(url + path, "POST", headers);
      expect(reply.json).toMatchObject({ completed });
    }
  });
  expect(seen).toEqual(["once"]);
});

test("a signature is good for the tolerance either way, and not a moment longer", async () => {
  const inbox = tcpWork();
  const path = `/queues/${inbox.queue.name}/drain`;
  const clock = new TestClock();
  const callers = [drainer({ clock, tolerance: "1 m" })];
  await servingTo(callers, inbox, async (_, url) => {
    const statuses: Record<number, number> = {};
    for (const skew of [-3_600_000, -60_001, -60_000, 0, 60_000, 60_001, 3_600_000]) {
      clock.time = NOW + skew;
      statuses[skew] = (await askSigned(url, path, { now: NOW })).status;
    }
    expect(statuses).toEqual({
      [-3_600_000]: 401,
      [-60_001]: 401,
      [-60_000]: 200,
      0: 200,
      60000: 200,
      60001: 401,
      3600000: 401,
    });
  });
});

test("five minutes are the tolerance where none is given", async () => {
  const inbox = tcpWork();
  const path = `/queues/${inbox.queue.name}/drain`;
  await servingTo([drainer()], inbox, async (_, url) => {
    const ask = async (skew: number) => (await askSigned(url, path, { now: NOW + skew })).status;
    expect(await ask(-300_000)).toBe(200);
    expect(await ask(-301_000)).toBe(401);
    expect(await ask(300_000)).toBe(200);
    expect(await ask(301_000)).toBe(401);
  });
});

test("another body, path, query or method than was signed is refused", async () => {
  const [inbox, outbox] = [tcpWork(), tcpWork()];
  const path = `/queues/${inbox.queue.name}/drain`;
  const other = `/queues/${outbox.queue.name}/drain`;
  const body = '{"maxMessages":1}';
  await servingTo([drainer()], [inbox, outbox], async (_, url) => {
    const ask = async (init: Parameters<typeof askSigned>[2], at = path) =>
      (await askSigned(url, at, init)).status;
    expect(await ask({ body })).toBe(200);
    expect(await ask({ body, signed: { body: `${body} ` } })).toBe(401);
    expect(await ask({ body, signed: { body: "" } })).toBe(401);
    expect(await ask({ signed: { body } })).toBe(401);
    expect(await ask({ signed: { url: url + other } })).toBe(401);
    expect(await ask({ signed: { url: `${url}${path}?` } })).toBe(401);
    expect(await ask({ signed: { url: `${url}${path}/` } })).toBe(401);
    expect(await ask({}, `${path}?a=1&b=2`)).toBe(200);
    expect(await ask({ signed: { url: `${url}${path}` } }, `${path}?a=1`)).toBe(401);
    expect(await ask({ signed: { url: `${url}${path}?b=2&a=1` } }, `${path}?a=1&b=2`)).toBe(401);
    expect(await ask({ signed: { method: "GET" } })).toBe(401);
    expect(await ask({ method: "GET", signed: { method: "POST" } })).toBe(401);
    expect(await ask({ method: "GET" })).toBe(200);
  });
});

test("a HEAD, which runs what a GET runs, needs a signature of its own", async () => {
  const inbox = tcpWork();
  const path = `/queues/${inbox.queue.name}/health`;
  await servingTo([drainer()], inbox, async (_, url) => {
    const status = async (method: string) => {
      const headers = await signRequest(KEYS.current, { url: url + path, method, now: NOW });
      return (await fetch(url + path, { method: "HEAD", headers })).status;
    };
    expect(await status("GET")).toBe(401);
    expect(await status("HEAD")).toBe(200);
  });
});

test("two keys are good while they change over, in either order, and no third", async () => {
  const inbox = tcpWork();
  const path = `/queues/${inbox.queue.name}/drain`;
  const orders = [
    [KEYS.current, KEYS.previous],
    [KEYS.previous, KEYS.current],
  ] as const;
  for (const keys of orders) {
    await servingTo([drainer({ keys })], inbox, async (_, url) => {
      const ask = async (key: string) => (await askSigned(url, path, { key })).status;
      expect(await ask(KEYS.current)).toBe(200);
      expect(await ask(KEYS.previous)).toBe(200);
      expect(await ask(KEYS.other)).toBe(401);
    });
  }
  await servingTo([drainer({ keys: [KEYS.current] })], inbox, async (_, url) => {
    expect((await askSigned(url, path, { key: KEYS.previous })).status).toBe(401);
  });
});

test("a replay is refused whichever of the two keys signed it", async () => {
  const inbox = tcpWork();
  const path = `/queues/${inbox.queue.name}/drain`;
  const nonces = memoryNonces({ clock: new TestClock() });
  const callers = [drainer({ keys: [KEYS.current, KEYS.previous], nonces })];
  await servingTo(callers, inbox, async (_, url) => {
    const nonce = "0".repeat(32);
    const ask = async (key: string) => (await askSigned(url, path, { key, nonce })).status;
    expect(await ask(KEYS.previous)).toBe(200);
    expect(await ask(KEYS.current)).toBe(401);
  });
});
