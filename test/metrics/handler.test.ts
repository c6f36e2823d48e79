import { describe, expect, onTestFinished, test } from "vitest";
import { createQueue, OptionError, type Queue } from "../../src/index.ts";
import { metricsHandler, metricsResponse, metricsText } from "../../src/metrics/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { upstash } from "../../src/redis/upstash.ts";
import { memoryStore } from "../../src/testing.ts";
import { READER, startGateway, TOKEN } from "../gateway/support.ts";
import { commandCount } from "../support/command-stats.ts";
import { connectRaw, privateRedis, serverTest, uniqueName } from "../support/redis.ts";
import { parseExposition } from "./parse.ts";

const SECRET = "a-token-of-a-collector";

function queueInMemory(): Queue<unknown> {
  return createQueue({ name: "orders", store: memoryStore() });
}

function get(headers: Record<string, string> = {}, method = "GET"): Request {
  return new Request("https://example.com/metrics", { method, headers });
}

const authorization = `Bearer ${SECRET}`;

test("a collector with the token gets the metrics, and nobody may keep them", async () => {
  const handle = metricsHandler({ queues: queueInMemory(), token: SECRET });
  const response = await handle(get({ authorization }));
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(response.headers.get("cache-control")).toBe("no-store");
  const { value } = parseExposition(await response.text(), "prometheus");
  expect(value("xdrain_up", { queue: "orders" })).toBe(1);
});

test("without the token nothing is read", async () => {
  const queue = { ...queueInMemory(), stats: () => expect.fail("It was read.") };
  const handle = metricsHandler({ queues: queue, token: SECRET });
  const wrong = ["", SECRET, "Bearer", "Bearer another-token-altogether", `Basic ${btoa(SECRET)}`];
  for (const value of wrong) {
    const response = await handle(get({ authorization: value }));
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    expect(await response.text()).toBe("");
  }
  expect((await handle(get())).status).toBe(401);
});

test("several tokens are good while one is being changed", async () => {
  const tokens = ["the-token-of-yesterday", "the-token-of-tomorrow"];
  const handle = metricsHandler({ queues: queueInMemory(), token: tokens });
  for (const token of tokens) {
    expect((await handle(get({ authorization: `Bearer ${token}` }))).status).toBe(200);
  }
});

test("only GET and HEAD are answered, and HEAD reads nothing", async () => {
  const queue = { ...queueInMemory(), stats: () => expect.fail("It was read.") };
  const handle = metricsHandler({ queues: queue, token: SECRET });
  const post = await handle(get({ authorization }, "POST"));
  expect(post.status).toBe(405);
  expect(post.headers.get("allow")).toBe("GET, HEAD");
  const head = await handle(get({ authorization }, "HEAD"));
  expect(head.status).toBe(200);
  expect(await head.text()).toBe("");
});

const OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PLAIN = "text/plain; version=0.0.4; charset=utf-8";

describe("the format is the one that the collector wants more:", () => {
  test.each([
    // What Prometheus 2 and 3 send.
    [
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      OPENMETRICS,
    ],
    [
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
      OPENMETRICS,
    ],
    ["text/plain;version=0.0.4;q=1,*/*;q=0.1", PLAIN],
    ["application/openmetrics-text", OPENMETRICS],
    ["application/openmetrics-text;q=0.1, text/plain;q=0.9", PLAIN],
    ["application/openmetrics-text;version=0.0.1", PLAIN],
    ["application/openmetrics-text;q=0", PLAIN],
    ['application/openmetrics-text; version="1.0.0"; charset=utf-8', OPENMETRICS],
    ["application/openmetrics-text;q=0.5,*/*", PLAIN],
    ["text/plain;q=0.2,*/*;q=0.8", OPENMETRICS],
    ["text/plain;q=0,application/*", OPENMETRICS],
    ["text/*;q=0.4,application/openmetrics-text;q=0.3", PLAIN],
    ["*/*", PLAIN],
    ["text/html", PLAIN],
    ["", PLAIN],
    [";;q=x,,;", PLAIN],
  ])("%s", async (accept, expected) => {
    const answer = metricsResponse(queueInMemory());
    const response = await answer(get({ accept }));
    expect(response.headers.get("content-type")).toBe(expected);
    const format = expected === PLAIN ? "prometheus" : "openmetrics";
    expect(parseExposition(await response.text(), format).value("xdrain_up")).toBe(1);
  });
});

test("a read-only token of Redis suffices", async () => {
  const gateway = await startGateway();
  onTestFinished(() => gateway.close());
  const name = uniqueName();
  const queueWith = (token: string) =>
    createQueue({ name, store: upstash({ url: gateway.url, token }) });
  await queueWith(TOKEN).send(1);
  const text = await metricsText(queueWith(READER));
  expect(parseExposition(text, "prometheus").value("xdrain_ready")).toBe(1);
});

serverTest("a queue costs nine commands, however much waits", async () => {
  const { url } = await privateRedis();
  const redis = connectRaw(url);
  const store = ioredis({ url });
  onTestFinished(async () => {
    redis.disconnect();
    await store.close();
  });
  const queue = createQueue<number>({ name: "work", store });
  for (const count of [1, 999, 9_000]) {
    await queue.sendBatch(Array.from({ length: count }, (_, payload) => ({ payload })));
    await redis.config("RESETSTAT");
    await metricsText(queue);
    expect(await commandCount(redis)).toBe(9);
  }
});

test("what cannot be used is refused before anything is read", async () => {
  const queue = { ...queueInMemory(), stats: () => expect.fail("It was read.") };
  const token = SECRET;
  const refused: (() => unknown)[] = [
    () => metricsHandler({ queues: queue, token: "" }),
    () => metricsHandler({ queues: queue, token: "short" }),
    () => metricsHandler({ queues: queue, token: [] }),
    () => metricsHandler({ queues: [], token }),
    () => metricsHandler({ queues: [queue, queue], token }),
    () => metricsHandler({ queues: queue, token, path: "/metrics" } as never),
    () => metricsHandler({ queues: {} as never, token }),
    () => metricsHandler({ queues: queue, token, names: "other" as never }),
    () => metricsHandler({ queues: queue, token, consumers: 501 }),
    () => metricsHandler({ queues: queue, token, consumers: -1 }),
    () => metricsHandler({ queues: queue, token, timeout: 0 }),
    () => metricsHandler({ queues: queue, token, timeout: "2 m" }),
    () => metricsHandler({ queues: queue, token, onError: "log" as never }),
    () => metricsResponse(queue, { token } as never),
  ];
  for (const make of refused) expect(make).toThrow(OptionError);
  await expect(metricsText(queue, { format: "json" as never })).rejects.toThrow(OptionError);
  await expect(metricsText(queue, { name: "xdrain" } as never)).rejects.toThrow(OptionError);
});

test("an error of a token tells nothing of it", () => {
  const make = () => metricsHandler({ queues: queueInMemory(), token: "hunter2 hunter2 hunter2" });
  expect(make).toThrow(/^((?!hunter2).)*$/);
});
