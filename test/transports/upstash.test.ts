import { describe, expect, inject, onTestFinished, test } from "vitest";
import { serveGateway } from "../../src/gateway/serve.ts";
import {
  createQueue,
  drain,
  OptionError,
  type Queue,
  type SendError,
  type StoreError,
} from "../../src/index.ts";
import type { RedisStoreOptions } from "../../src/redis/store.ts";
import { upstash } from "../../src/redis/upstash.ts";
import { expectNothingSecret, failureOf, SECRET } from "../errors/support.ts";
import { uniqueName } from "../support/redis.ts";
import { type HttpServer, httpServer, passOn } from "./http-server.ts";
import { TOKEN } from "./stores.ts";

// The client below has retries, pipelining, decoding and telemetry of its own; none of them may show.

async function gatewayUrl(): Promise<string> {
  const gateway = await serveGateway({ redis: inject("redisUrl"), token: TOKEN });
  onTestFinished(() => gateway.close());
  return gateway.url;
}

function queueAt(server: HttpServer | string, options: RedisStoreOptions = {}): Queue<unknown> {
  const url = typeof server === "string" ? server : server.url;
  return createQueue({ name: uniqueName(), store: upstash({ url, token: TOKEN, ...options }) });
}

/** The names of the commands that arrived. */
const commands = ({ requests }: HttpServer) => requests.map(({ body }) => JSON.parse(body)[0]);

test("each command is one POST that carries the token, and nothing of the client's own", async () => {
  const gateway = await gatewayUrl();
  const server = await httpServer((response, _, seen) => passOn(gateway, response, seen));
  const queue = queueAt(server);
  await queue.sendBatch(Array.from({ length: 250 }, (_, n) => ({ payload: n })));
  const sends = server.requests.length;
  const report = await drain(queue, async () => {});
  expect(report).toMatchObject({ completed: 250 });
  expect(server.requests.length - sends, "the report tells each of them").toBe(report.requests);
  await queue.deadLetters.list();

  // And the scripts' texts, where the server has not seen them yet.
  const names = commands(server).filter((name) => name !== "EVAL");
  expect([...new Set(names)].sort()).toEqual(["EVALSHA", "XRANGE"]);
  for (const { method, path, headers } of server.requests) {
    expect([method, path]).toEqual(["POST", "/"]);
    expect(headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect(Object.keys(headers).filter((name) => name.startsWith("upstash-"))).toEqual([]);
  }
});

test("a read carries what the server said it was at, so that no replica answers with less", async () => {
  const gateway = await gatewayUrl();
  const server = await httpServer((response, count, seen) => {
    response.setHeader("upstash-sync-token", `token-${count}`);
    return passOn(gateway, response, seen);
  });
  const queue = queueAt(server);
  await queue.send({ n: 1 });
  await queue.deadLetters.list();
  const tokens = server.requests.map(({ headers }) => headers["upstash-sync-token"]);
  expect(tokens[0]).toBeUndefined();
  expect(tokens.length).toBeGreaterThan(1);
  for (const token of tokens.slice(1)) expect(token).toMatch(/^token-\d+$/);
  expect(new Set(tokens).size).toBe(tokens.length);
});

test("calls made at the same time are not put together", async () => {
  const gateway = await gatewayUrl();
  const server = await httpServer((response, _, seen) => passOn(gateway, response, seen));
  const queue = queueAt(server);
  await queue.deadLetters.list();
  const before = server.requests.length;
  await Promise.all(Array.from({ length: 20 }, () => queue.deadLetters.list()));
  expect(server.requests.length - before).toBe(20);
  expect(new Set(server.requests.map(({ path }) => path))).toEqual(new Set(["/"]));
  await Promise.all(Array.from({ length: 20 }, () => queue.depth()));
  expect(server.requests.length - before).toBe(40);
});

describe("when no answer comes", () => {
  test.each([1, 2, 4])(
    "a command is asked %i times, as it was told, and no more",
    async (attempts) => {
      const server = await httpServer((response) => response.socket?.destroy());
      const queue = queueAt(server, { attempts });
      const error = await failureOf<SendError>("send_failed", () => queue.send(SECRET));
      expect(error).toMatchObject({ uncertain: true, sentIds: [] });
      expect(error.cause).toMatchObject({ code: "store_unavailable", requests: attempts });
      expect(server.requests).toHaveLength(attempts);
      expect(new Set(server.requests.map(({ body }) => body)).size, "the same request").toBe(1);
    },
  );

  test.each([
    ["cut in the middle", '{"result":["ok",'],
    ["empty", ""],
    ["a proxy's page", `<html><body>502 Bad Gateway ${SECRET}</body></html>`],
  ])("an answer that is %s is none", async (_, body) => {
    const gateway = await gatewayUrl();
    const server = await httpServer((response, request, seen) => {
      if (request > 1) return passOn(gateway, response, seen);
      response.writeHead(200, { "content-length": String(body.length + 10) });
      return body === ""
        ? response.socket?.destroy()
        : response.write(body, () => response.socket?.destroy());
    });
    const queue = queueAt(server);
    await queue.send("x");
    expect((await queue.depth()).entries).toBe(1);
  });

  test.each([
    [500, JSON.stringify({ error: "ERR internal error" })],
    [502, `<html><body>502 Bad Gateway ${SECRET}</body></html>`],
    [503, JSON.stringify({ error: "ERR Redis cannot be reached" })],
    [504, JSON.stringify({ error: "ERR no answer from Redis within 30000 ms" })],
    [429, JSON.stringify({ error: "too many requests" })],
  ])(
    "a %i of something on the way is no answer of Redis: the request is sent again",
    async (status, body) => {
      const gateway = await gatewayUrl();
      const server = await httpServer((response, request, seen) => {
        if (request % 3 === 0) return passOn(gateway, response, seen);
        return response.writeHead(status).end(body);
      });
      const queue = queueAt(server, { attempts: 3 });
      await queue.send("x");
      const late = await httpServer((response) => response.writeHead(status).end(body));
      const error = await failureOf<StoreError>("store_unavailable", () =>
        drain(queueAt(late, { attempts: 2 }), () => {}),
      );
      expect(error).toMatchObject({ uncertain: true, requests: 2 });
      expect(late.requests).toHaveLength(2);
    },
  );

  test("what Redis itself refuses is not asked again", async () => {
    const refusal = { error: `ERR value is not an integer, command was: ["SET","${SECRET}"]` };
    const server = await httpServer((response) =>
      response.writeHead(400).end(JSON.stringify(refusal)),
    );
    const error = await failureOf<StoreError>("store_refused", () =>
      drain(queueAt(server), () => {}),
    );
    expect(error).toMatchObject({ uncertain: false, requests: 1 });
    expect(error.message).toContain("ERR value is not an integer");
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ["a number", { result: 7 }],
    ["null", { result: null }],
    ["half of a turn", { result: ["ok", "1700000000000", 5] }],
    ["another status", { result: ["done"] }],
    ["a string", { result: SECRET }],
    ["no result", {}],
  ])("a reply that no script gives is refused: %s", async (_, reply) => {
    const server = await httpServer((response) => response.end(JSON.stringify(reply)));
    const queue = queueAt(server, { attempts: 1 });
    const error = await drain(queue, () => {}).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: "StoreError", uncertain: true });
    expectNothingSecret(error);
  });
});

test("a request that takes too long is aborted, and rejects instead of making up a reply", async () => {
  const server = await httpServer(() => {});
  const queue = queueAt(server, { requestTimeoutMs: 100, attempts: 2 });
  const startedAt = performance.now();
  const error = await failureOf<StoreError>("store_timeout", () => drain(queue, () => {}));
  expect(error).toMatchObject({ requests: 2, uncertain: true });
  expect(error.cause).toMatchObject({ message: "No answer within 100 ms" });
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  expect(server.requests).toHaveLength(2);
  while (server.abandoned < 2) await new Promise((resolve) => setImmediate(resolve));
});

test("a body that stops in the middle is aborted in its time too", async () => {
  const server = await httpServer((response) => {
    response.writeHead(200, { "content-length": "1000" });
    response.write('{"result":');
  });
  const queue = queueAt(server, { requestTimeoutMs: 100, attempts: 1 });
  await failureOf<StoreError>("store_timeout", () => drain(queue, () => {}));
});

test.each([
  undefined,
  "",
  "example.upstash.io",
  `redis://default:${SECRET}@example.upstash.io:6379`,
  `/${SECRET}`,
  `ftp://${SECRET}`,
])("the url %o is refused before any request, and not shown", async (url) => {
  const make = async () => upstash({ url: url as string, token: SECRET });
  const error = await failureOf<OptionError>("invalid_option", make);
  expect(error).toBeInstanceOf(OptionError);
  expect(error.message).toMatch(/`url`.*http or https/);
});

test.each([
  undefined,
  "",
  `${SECRET} `,
  ` ${SECRET}`,
  `${SECRET}\n`,
  `${SECRET}ü`,
  `"${SECRET}\t"`,
  5,
])("the token %o is refused before any request, and not shown", async (token) => {
  const make = async () => upstash({ url: "https://x.upstash.io", token: token as string });
  const error = await failureOf<OptionError>("invalid_option", make);
  expect(error).toBeInstanceOf(OptionError);
  expect(error.message).toMatch(/`token`.*printable ASCII/);
});

test("credentials in the url are refused before any request, and not shown", async () => {
  for (const url of [`https://user:${SECRET}@x.upstash.io`, `http://${SECRET}@127.0.0.1:1`]) {
    const error = await failureOf<OptionError>("invalid_option", async () =>
      upstash({ url, token: TOKEN, attempts: 1 }),
    );
    expect(error.message).toMatch(/`url`.*credentials|`url`.*http or https/);
  }
});
