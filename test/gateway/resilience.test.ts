import { createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { GatewayError } from "../../src/gateway/index.ts";
import { connectRaw } from "../support/redis.ts";
import { ask, fakeBackend, startGateway, startPrivateRedis } from "./support.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server that greets like a Redis, counts INCRs, and hangs up instead of answering them. */
async function startBreakingRedis(): Promise<{ url: string; incrs: () => number }> {
  let incrs = 0;
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", (data) => {
      const text = data.toString().toUpperCase();
      if (text.includes("INCR")) {
        incrs += 1;
        socket.destroy();
      } else if (text.includes("INFO")) {
        socket.write("$9\r\nloading:0\r\n");
      } else {
        socket.write("+PONG\r\n");
      }
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("It does not listen.");
  return { url: `redis://127.0.0.1:${address.port}`, incrs: () => incrs };
}

test.each([
  ["/", ["INCR", "k"]],
  ["/pipeline", [["INCR", "k"]]],
  ["/multi-exec", [["INCR", "k"]]],
])(
  "a command of %s whose connection broke is answered 502 and not sent again",
  async (path, body) => {
    const redis = await startBreakingRedis();
    const gateway = await startGateway({ redis: redis.url });
    cleanups.push(() => gateway.close());
    const answer = await ask(gateway, path, { body });
    expect(answer.status).toBe(502);
    expect(answer.json).toEqual({
      error: "ERR the connection to Redis broke; the command may have run, or not",
    });
    // The connection has come back by itself, and brings nothing with it.
    expect((await ask(gateway, "/ping")).json).toEqual({ result: "PONG" });
    expect(redis.incrs()).toBe(1);
  },
);

test("without Redis requests are answered 503, and health says so", async () => {
  const redis = await startPrivateRedis();
  cleanups.push(() => redis.stop());
  const gateway = await startGateway({ redis: redis.url, connectTimeoutMs: 200 });
  cleanups.push(() => gateway.close());
  expect((await ask(gateway, "/incr/k")).json).toEqual({ result: 1 });
  await redis.stop();
  const answer = await ask(gateway, "/incr/k");
  expect(answer.status).toBe(503);
  expect(answer.headers.get("retry-after")).toBe("1");
  expect(answer.json).toEqual({ error: "ERR Redis cannot be reached" });
  const health = await ask(gateway, "/healthz", { headers: { authorization: "" } });
  expect([health.status, health.text]).toEqual([503, '{"status":"unavailable"}']);
});

test("what goes wrong inside is answered 500 and stays inside", async () => {
  const backend = fakeBackend();
  const failing = { ...backend, call: () => Promise.reject(new Error("a secret")) };
  const gateway = await startGateway({ redis: failing });
  cleanups.push(() => gateway.close());
  const answer = await ask(gateway, "/ping");
  expect([answer.status, answer.json]).toEqual([500, { error: "ERR internal error" }]);
});

test("a pipeline in RESP2 that breaks off in the middle may have run", async () => {
  const backend = fakeBackend();
  let calls = 0;
  const raw = () =>
    ++calls === 1
      ? Promise.resolve(Buffer.from("+PONG\r\n"))
      : Promise.reject(new GatewayError("redis_unreachable", "ERR Redis cannot be reached"));
  const gateway = await startGateway({ redis: { ...backend, raw } });
  cleanups.push(() => gateway.close());
  const body = [["PING"], ["CONFIG", "GET", "*"], ["PING"]];
  const headers = { "upstash-response-format": "resp2" };
  expect((await ask(gateway, "/pipeline", { body, headers })).status).toBe(502);
  expect((await ask(gateway, "/ping", { headers })).status).toBe(503);
});

test("health is unavailable when Redis does not answer in time", async () => {
  const silent = { ...fakeBackend(), ping: () => new Promise<void>(() => {}) };
  const gateway = await startGateway({ redis: silent, connectTimeoutMs: 20 });
  cleanups.push(() => gateway.close());
  expect((await ask(gateway, "/healthz")).status).toBe(503);
});

test("a Redis that restarts is found again", async () => {
  const redis = await startPrivateRedis();
  cleanups.push(() => redis.stop());
  const gateway = await startGateway({ redis: redis.url });
  cleanups.push(() => gateway.close());
  expect((await ask(gateway, "/set/k/v")).status).toBe(200);
  expect((await ask(gateway, "/multi-exec", { body: [["PING"]] })).status).toBe(200);
  await redis.restart();
  expect((await ask(gateway, "/get/k")).json).toEqual({ result: null });
  expect((await ask(gateway, "/multi-exec", { body: [["PING"]] })).json).toEqual([
    { result: "PONG" },
  ]);
});

test("a primary that became a replica is left, so that the next connection finds the new one", async () => {
  const [old, next] = [await startPrivateRedis(), await startPrivateRedis()];
  cleanups.push(
    () => old.stop(),
    () => next.stop(),
  );
  const gateway = await startGateway({ redis: old.url });
  cleanups.push(() => gateway.close());
  await ask(gateway, "/ping");
  const control = connectRaw(old.url);
  cleanups.push(() => control.disconnect());
  const idOf = async () => {
    const list = String(await control.client("LIST"));
    return list.split("\n").filter((line) => line.includes("cmd=set") || line.includes("cmd=ping"));
  };
  const before = await idOf();
  expect(before).toHaveLength(1);
  await control.replicaof("127.0.0.1", String(next.port));
  const answer = await ask(gateway, "/set/k/v");
  expect([answer.status, answer.text]).toEqual([400, expect.stringContaining("READONLY")]);
  expect((await ask(gateway, "/ping")).status).toBe(200);
  const id = (line: string | undefined) => line?.split(" ")[0];
  expect(id((await idOf())[0])).not.toBe(id(before[0]));
});
