import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { expect, onTestFinished } from "vitest";
import { freePort } from "../../scripts/local-redis.ts";
import { serveGateway } from "../../src/gateway/serve.ts";
import { createQueue, drain, type SendError, type StoreError } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { upstash } from "../../src/redis/upstash.ts";
import { privateRedis, serverTest } from "../support/redis.ts";
import { TOKEN } from "../transports/stores.ts";
import { failureOf, SECRET } from "./support.ts";

// Servers that are not there, say nothing, or go: nobody knows what was done, and the errors say so.

const QUICK = { requestTimeoutMs: 150, attempts: 2 };

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
