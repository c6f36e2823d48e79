import { Redis } from "@upstash/redis";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { createGateway, type GatewayServer, type Listener } from "../../src/gateway/index.ts";
import { connectRaw, uniqueName } from "../support/redis.ts";
import { ask, fakeBackend, startGateway, startPrivateRedis, TOKEN } from "./support.ts";

const raw = connectRaw();
const headers = { authorization: `Bearer ${TOKEN}`, accept: "text/event-stream" };
let gateway: GatewayServer;
let redis: Redis;
const aborts: AbortController[] = [];

beforeAll(async () => {
  gateway = await startGateway();
  redis = new Redis({ url: gateway.url, token: TOKEN });
});
afterEach(() => {
  for (const abort of aborts.splice(0)) abort.abort();
});
afterAll(async () => {
  await gateway.close();
  raw.disconnect();
});

/** The data lines of an event stream, one after the other. */
async function open(path: string, from: { url: string } = gateway) {
  const abort = new AbortController();
  aborts.push(abort);
  const response = await fetch(`${from.url}${path}`, {
    method: "POST",
    headers,
    signal: abort.signal,
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  return {
    response,
    abort,
    async next(): Promise<string | undefined> {
      for (;;) {
        const end = buffer.indexOf("\n");
        if (end === -1) {
          const { value, done } = await reader.read();
          if (done) return undefined;
          buffer += value;
          continue;
        }
        const line = buffer.slice(0, end);
        buffer = buffer.slice(end + 1);
        if (line.startsWith("data: ")) return line.slice(6);
      }
    },
  };
}

function events(
  target: { on(type: "message", listener: (data: unknown) => void): void },
  type: string,
) {
  const seen: unknown[] = [];
  target.on(type as "message", (data) => seen.push(data));
  return seen;
}

test("an unmodified subscriber gets what is published to its channels, until it unsubscribes", async () => {
  const [first, second] = [uniqueName("ch"), uniqueName("ch")];
  const subscriber = redis.subscribe<unknown>([first, second]);
  const subscribed = events(subscriber, "subscribe");
  const messages = events(subscriber, "message");
  await vi.waitFor(() => expect(subscribed).toEqual([1, 1]));
  expect(await redis.publish(first, { id: 7 })).toBe(1);
  expect(await redis.publish(second, "text, with commas")).toBe(1);
  await vi.waitFor(() => expect(messages).toHaveLength(2));
  expect(messages).toContainEqual({ channel: first, message: { id: 7 } });
  expect(messages).toContainEqual({ channel: second, message: "text, with commas" });
  await subscriber.unsubscribe();
  await vi.waitFor(async () => {
    expect(await raw.pubsub("NUMSUB", first, second)).toEqual([first, 0, second, 0]);
  });
});

test("an unmodified subscriber gets what its pattern matches", async () => {
  const prefix = uniqueName("ch");
  const subscriber = redis.psubscribe<{ n: number }>(`${prefix}*`);
  const subscribed = events(subscriber, "psubscribe");
  const messages = events(subscriber, "pmessage");
  await vi.waitFor(() => expect(subscribed).toEqual([1]));
  await redis.publish(`${prefix}-1`, { n: 1 });
  await vi.waitFor(() => expect(messages).toHaveLength(1));
  const pattern = `${prefix}*`;
  expect(messages).toEqual([{ pattern, channel: `${prefix}-1`, message: { n: 1 } }]);
  await subscriber.unsubscribe();
});

test("a stream is server-sent events, confirmations first, a line break in a message kept", async () => {
  const [a, b] = [uniqueName("ch"), uniqueName("ch")];
  const stream = await open(`/subscribe/${a}/${b}`);
  expect(stream.response.headers.get("content-type")).toBe("text/event-stream");
  expect(await stream.next()).toBe(`subscribe,${a},1`);
  expect(await stream.next()).toBe(`subscribe,${b},2`);
  await raw.publish(b, "one\ntwo");
  expect(await stream.next()).toBe(`message,${b},one`);
  expect(await stream.next()).toBe("two");
});

test("MONITOR shows Redis's own lines", async () => {
  const stream = await open("/monitor");
  expect(await stream.next()).toBe('"OK"');
  const key = uniqueName();
  await raw.set(key, 'a" "b\\');
  const lines: string[] = [];
  while (!lines.at(-1)?.includes(key)) lines.push((await stream.next())!);
  expect(lines.at(-1)).toMatch(/^\d+\.\d{6} \[0 127\.0\.0\.1:\d+\] /);
  expect(lines.at(-1)).toContain(` "set" "${key}" "a\\" \\"b\\\\"`);
});

test("a stream needs a channel", async () => {
  const answer = await ask(gateway, "/subscribe", { method: "POST", headers });
  expect(answer.status).toBe(400);
  expect(answer.text).toContain("wrong number of arguments for 'subscribe' command");
});

test("HEAD opens no stream", async () => {
  const backend = fakeBackend();
  const local = createGateway({ redis: backend, token: TOKEN });
  const request = new Request("http://gateway/subscribe/ch", { method: "HEAD", headers });
  expect((await local.fetch(request)).status).toBe(405);
  expect(backend.listeners).toEqual([]);
});

test("only so many streams are open at once, and one that ended makes room", async () => {
  const small = await startGateway({ maxStreams: 1 });
  const channel = uniqueName("ch");
  const first = await open(`/subscribe/${channel}`, small);
  const refused = await ask(small, `/subscribe/${channel}`, { method: "POST", headers });
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
  first.abort.abort();
  await vi.waitFor(async () => {
    const next = await open(`/subscribe/${channel}`, small);
    expect(next.response.status).toBe(200);
  });
  await small.close();
});

test("streams end with their connection to Redis, and with the gateway", async () => {
  const server = await startPrivateRedis();
  const front = await startGateway({ redis: server.url });
  const lost = await open("/subscribe/ch", front);
  expect(await lost.next()).toBe("subscribe,ch,1");
  await server.restart();
  expect(await lost.next()).toBeUndefined();
  const closing = await open("/subscribe/ch", front);
  expect(await closing.next()).toBe("subscribe,ch,1");
  await front.close();
  expect(await closing.next()).toBeUndefined();
  await server.stop();
});

test("a client that reads too slowly is cut off", async () => {
  const backend = fakeBackend();
  const local = createGateway({ redis: backend, token: TOKEN });
  const response = await local.fetch(new Request("http://gateway/subscribe/ch", { headers }));
  const kilobyte = "x".repeat(1024);
  for (let sent = 0; sent < 1000; sent += 1) backend.listeners[0]!.onEvent(kilobyte);
  expect(backend.stopped).toBe(0);
  for (let sent = 0; sent < 100; sent += 1) backend.listeners[0]!.onEvent(kilobyte);
  expect(backend.stopped).toBe(1);
  expect((await response.text()).length).toBeLessThan(1_100_000);
});

test("a stream whose connection is lost as it opens ends, and takes no place", async () => {
  const backend = fakeBackend();
  const losing = {
    ...backend,
    listen: async (_topic: unknown, listener: Listener) => {
      listener.onEvent("subscribe,ch,1");
      listener.onEnd();
      return () => {};
    },
  };
  const local = createGateway({ redis: losing, token: TOKEN, maxStreams: 1 });
  for (let time = 0; time < 3; time += 1) {
    const response = await local.fetch(new Request("http://gateway/subscribe/ch", { headers }));
    expect([response.status, await response.text()]).toEqual([200, "data: subscribe,ch,1\n\n"]);
  }
});

test("an idle stream shows that it lives, in a line that is no event", async () => {
  vi.useFakeTimers();
  try {
    const local = createGateway({ redis: fakeBackend(), token: TOKEN });
    const response = await local.fetch(new Request("http://gateway/subscribe/ch", { headers }));
    vi.advanceTimersByTime(15_000);
    await local.close();
    expect(await response.text()).toBe(":\n\n");
  } finally {
    vi.useRealTimers();
  }
});

test("a client that goes away takes its subscription with it", async () => {
  const backend = fakeBackend();
  const local = createGateway({ redis: backend, token: TOKEN });
  const response = await local.fetch(new Request("http://gateway/subscribe/ch", { headers }));
  await response.body!.cancel();
  expect(backend.stopped).toBe(1);
  backend.listeners[0]!.onEvent("message,ch,late");
  backend.listeners[0]!.onEnd();
});
