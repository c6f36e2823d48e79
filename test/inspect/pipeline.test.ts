import { describe, expect, inject, onTestFinished, test } from "vitest";
import { createQueue, type Queue } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { createRedisStore } from "../../src/redis/store.ts";
import { upstash } from "../../src/redis/upstash.ts";
import { startGateway, TOKEN } from "../gateway/support.ts";
import { connectRaw, privateRedis, serverTest, uniqueName } from "../support/redis.ts";
import { rawTransport } from "../support/transports.ts";
import { type HttpServer, httpServer, passOn } from "../transports/http-server.ts";
import { tcpProxy } from "../transports/tcp-proxy.ts";

const PING_AND_MORE = [["PING"], ["GET", "no-such-key"], ["XLEN", "a", "b"], ["ECHO", '"1"']];
const THEIR_ANSWERS = [
  { ok: true, reply: "PONG" },
  { ok: true, reply: null },
  { ok: false, message: expect.stringContaining("wrong number of arguments") },
  { ok: true, reply: '"1"' },
];

async function gatewayUrl(): Promise<string> {
  const gateway = await startGateway();
  onTestFinished(() => gateway.close());
  return gateway.url;
}

function queueAt(server: HttpServer): Queue<unknown> {
  const store = upstash({ url: server.url, token: TOKEN, requestTimeoutMs: 2_000 });
  return createQueue({ name: uniqueName(), store });
}

describe("reads that go together", () => {
  test("are answered each by itself, over REST", async () => {
    const store = upstash({ url: await gatewayUrl(), token: TOKEN });
    expect(await store.read?.(PING_AND_MORE, {})).toEqual(THEIR_ANSWERS);
  });

  test("are answered each by itself, over TCP", async () => {
    const store = ioredis({ url: inject("redisUrl") });
    onTestFinished(() => store.close());
    expect(await store.read?.(PING_AND_MORE, {})).toEqual(THEIR_ANSWERS);
  });

  test("go one by one over a transport that cannot send them together", async () => {
    const redis = connectRaw();
    onTestFinished(() => redis.disconnect());
    const store = createRedisStore(rawTransport(redis));
    let requests = 0;
    const mayRequest = () => {
      requests += 1;
      return true;
    };
    expect(await store.read?.(PING_AND_MORE, { mayRequest })).toEqual(THEIR_ANSWERS);
    expect(requests).toBe(4);
  });

  test("keep a path that the address of the API has", async () => {
    const gateway = await gatewayUrl();
    const server = await httpServer((response, _, seen) =>
      passOn(gateway, response, { ...seen, path: seen.path.replace(/^\/redis/, "") }),
    );
    for (const url of [`${server.url}/redis`, `${server.url}/redis/`]) {
      const store = upstash({ url, token: TOKEN });
      expect(await store.read?.([["PING"]], {})).toEqual([{ ok: true, reply: "PONG" }]);
    }
    expect(server.requests.map(({ path }) => path)).toEqual(["/redis/pipeline", "/redis/pipeline"]);
  });

  test("are one request, and none where the call may make none", async () => {
    const gateway = await gatewayUrl();
    const server = await httpServer((response, _, seen) => passOn(gateway, response, seen));
    const store = upstash({ url: server.url, token: TOKEN });
    await store.read?.(PING_AND_MORE, {});
    expect(server.requests).toHaveLength(1);
    const refused = store.read?.(PING_AND_MORE, { mayRequest: () => false });
    await expect(refused).rejects.toMatchObject({ code: "store_unavailable", requests: 0 });
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ["is cut in the middle", '[{"result":"P'],
    ["has too few results", '[{"result":1}]'],
    ["has something else than results", "[1,2,3,4,5,6,7,8]"],
    ["is one result", '{"result":"PONG"}'],
    ["is a proxy's page", "<html></html>"],
  ])("are asked again where the answer %s", async (_, body) => {
    const gateway = await gatewayUrl();
    const server = await httpServer((response, request, seen) => {
      if (request > 1) return passOn(gateway, response, seen);
      response.writeHead(200, { "content-type": "application/json" });
      return response.end(body);
    });
    expect(await queueAt(server).stats()).toMatchObject({ ready: 0 });
    expect(server.requests.map(({ path }) => path)).toEqual(["/pipeline", "/pipeline"]);
  });

  test.each([
    ["of one of them", '[{"result":"PONG"},{"error":"LOADING Redis is loading the dataset"}]'],
    ["of all", '{"error":"CLUSTERDOWN The cluster is down"}'],
  ])("are asked again where the server is not ready, by an error %s", async (_, body) => {
    const gateway = await gatewayUrl();
    const server = await httpServer((response, request, seen) => {
      if (request > 1) return passOn(gateway, response, seen);
      response.writeHead(200, { "content-type": "application/json" });
      return response.end(body);
    });
    const store = upstash({ url: server.url, token: TOKEN });
    expect(await store.read?.([["PING"], ["ECHO", "1"]], {})).toEqual([
      { ok: true, reply: "PONG" },
      { ok: true, reply: "1" },
    ]);
    expect(server.requests).toHaveLength(2);
  });

  test("are answered where only some of them are not allowed", async () => {
    const server = await httpServer((response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end('[{"result":1},{"error":"NOPERM this user has no permissions"}]');
    });
    const store = upstash({ url: server.url, token: TOKEN });
    expect(
      await store.read?.(
        [
          ["XLEN", "a"],
          ["MEMORY", "USAGE", "a"],
        ],
        {},
      ),
    ).toEqual([
      { ok: true, reply: 1 },
      { ok: false, message: "NOPERM this user has no permissions" },
    ]);
  });

  test("are refused at once by a status that is an answer", async () => {
    const server = await httpServer((response) => {
      response.writeHead(404);
      response.end("not here");
    });
    const asked = queueAt(server).stats();
    await expect(asked).rejects.toMatchObject({ code: "store_refused", requests: 1 });
    expect(server.requests).toHaveLength(1);
  });

  serverTest("are asked again over a new connection where the old one went silent", async () => {
    const redis = await privateRedis();
    const proxy = await tcpProxy(redis.port);
    const store = ioredis({ url: `redis://127.0.0.1:${proxy.port}`, requestTimeoutMs: 200 });
    onTestFinished(() => store.close());
    await store.read?.([["PING"]], {});
    proxy.silence();
    expect(await store.read?.(PING_AND_MORE, {})).toEqual(THEIR_ANSWERS);
    expect(proxy.connections).toBe(2);
  });

  serverTest("are given up after the time that statistics may take", async () => {
    const redis = await privateRedis();
    const proxy = await tcpProxy(redis.port);
    const store = ioredis({ url: `redis://127.0.0.1:${proxy.port}` });
    onTestFinished(() => store.close());
    const queue = createQueue({ name: "work", store });
    expect(await queue.stats({ timeout: "30 s" })).toMatchObject({ ready: 0 });
    proxy.silence();
    const asked = queue.stats({ timeout: 50 });
    await expect(asked).rejects.toMatchObject({ code: "store_timeout", requests: 1 });
    await expect(queue.stats({ timeout: 0 })).rejects.toThrow("Expected `timeout`");
  });

  serverTest("fail with what broke the connection where the server is gone", async () => {
    const redis = await privateRedis();
    const store = ioredis({ url: redis.url, attempts: 2 });
    onTestFinished(() => store.close());
    const queue = createQueue({ name: "work", store });
    await queue.stats();
    await redis.stop();
    const asked = queue.stats();
    await expect(asked).rejects.toMatchObject({ code: "store_unavailable", requests: 2 });
  });
});
