import { readFileSync } from "node:fs";
import { Redis as UpstashRedis } from "@upstash/redis";
import { afterEach, expect, inject, test, vi } from "vitest";
import { freePort, type LocalRedis } from "../../scripts/local-redis.ts";
import { type GatewayServer, serveGateway } from "../../src/gateway/index.ts";
import { connectRaw, uniqueName } from "../support/redis.ts";
import { ask, makeCertificate, startCluster, startPrivateRedis, startSentinel } from "./support.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(redis: string, options: object = {}): Promise<GatewayServer> {
  const gateway = await serveGateway({ redis, token: "read-write-token", ...options });
  cleanups.push(() => gateway.close());
  return gateway;
}

async function privateRedis(...args: string[]): Promise<LocalRedis> {
  const redis = await startPrivateRedis(...args);
  cleanups.push(() => redis.stop());
  return redis;
}

/** What every kind of Redis has to do. */
async function expectToServe(gateway: GatewayServer): Promise<void> {
  const key = `{${uniqueName()}}`;
  const client = new UpstashRedis({ url: gateway.url, token: "read-write-token" });
  expect(await client.set(key, { a: 1 })).toBe("OK");
  expect(await client.get(key)).toEqual({ a: 1 });
  const pipeline = client.pipeline();
  pipeline.incr(`${key}:n`).hset(`${key}:h`, { f: "v" }).hgetall(`${key}:h`);
  expect(await pipeline.exec()).toEqual([1, 1, { f: "v" }]);
  expect(await client.multi().incr(`${key}:n`).get(`${key}:n`).exec()).toEqual([2, 2]);
  const discarded = await ask(gateway, "/multi-exec", {
    body: [["INCR", `${key}:n`], ["GET"]],
  });
  expect(discarded.status).toBe(400);
  expect(discarded.text).toContain("wrong number of arguments for 'get' command");
  expect((await ask(gateway, `/get/${key}:n`)).json).toEqual({ result: "2" });
  await client.set(`${key}:big`, "9223372036854775806");
  expect((await ask(gateway, `/incr/${key}:big`)).text).toBe('{"result":9223372036854775807}');
  const raw = await ask(gateway, `/incr/${key}:n`, {
    headers: { "upstash-response-format": "resp2" },
  });
  expect(raw.text).toBe(":3\r\n");
  expect((await ask(gateway, "/healthz")).status).toBe(200);

  const channel = uniqueName();
  const subscriber = client.subscribe(channel);
  const subscribed = new Promise((resolve) => subscriber.on("subscribe", resolve));
  const message = new Promise((resolve) => subscriber.on("message", resolve));
  await subscribed;
  await client.publish(channel, { b: 2 });
  expect(await message).toEqual({ channel, message: { b: 2 } });
  await subscriber.unsubscribe();
}

test("a server is served", async () => {
  await expectToServe(await serve(inject("redisUrl")));
});

test("a database number in the URL is the database that is served", async () => {
  const gateway = await serve(`${inject("redisUrl")}/3`);
  await expectToServe(gateway);
  const key = uniqueName();
  await ask(gateway, `/set/${key}/v`);
  const other = connectRaw();
  expect(await other.get(key)).toBeNull();
  await other.select(3);
  expect(await other.get(key)).toBe("v");
  other.disconnect();
});

test("a server with a password is served with it, and refuses to be served without", async () => {
  const redis = await privateRedis();
  const owner = connectRaw(redis.url);
  await owner.config("SET", "requirepass", "p@ss/word");
  owner.disconnect();
  const login = encodeURIComponent("p@ss/word");
  await expectToServe(await serve(`redis://:${login}@127.0.0.1:${redis.port}`));
  const stranger = await serve(`redis://127.0.0.1:${redis.port}`, { connectTimeoutMs: 300 });
  const answer = await ask(stranger, "/get/k");
  expect(answer.status).toBe(503);
  const wrong = await serve(`redis://:wrong-secret@127.0.0.1:${redis.port}`, {
    connectTimeoutMs: 300,
  });
  const refused = await ask(wrong, "/get/k");
  expect(refused.status).toBe(503);
  expect(refused.text).not.toContain("wrong-secret");
});

test("a server over TLS is served, if its certificate is trusted", async () => {
  const tls = makeCertificate();
  cleanups.push(tls.remove);
  const port = await freePort();
  const files = [
    "--tls-cert-file",
    tls.cert,
    "--tls-key-file",
    tls.key,
    "--tls-ca-cert-file",
    tls.cert,
  ];
  await privateRedis("--tls-port", String(port), "--tls-auth-clients", "no", ...files);
  const url = `rediss://127.0.0.1:${port}`;
  await expectToServe(await serve(url, { tls: { ca: readFileSync(tls.cert) } }));
  const distrustful = await serve(url, { connectTimeoutMs: 300 });
  expect((await ask(distrustful, "/get/k")).status).toBe(503);
});

test("the primary that a sentinel names is served", async () => {
  const primary = await privateRedis();
  const sentinel = await startSentinel(primary);
  cleanups.push(() => sentinel.stop());
  const gateway = await serve(`redis+sentinel://127.0.0.1:${sentinel.port}/primary-1/2`);
  await expectToServe(gateway);
  const key = uniqueName();
  await ask(gateway, `/set/${key}/v`);
  const direct = connectRaw(`${primary.url}/2`);
  expect(await direct.get(key)).toBe("v");
  direct.disconnect();
});

test("after a failover the new primary is served", async () => {
  const [primary, replica] = [await privateRedis(), await privateRedis()];
  const follower = connectRaw(replica.url);
  // A failover makes it hang up on everybody.
  follower.on("error", () => {});
  await follower.replicaof("127.0.0.1", String(primary.port));
  const patience = { timeout: 20_000, interval: 50 };
  // A sentinel that meets the primary before the replica looks again only ten seconds later.
  await vi.waitFor(async () => {
    expect(await follower.info("replication")).toContain("master_link_status:up");
  }, patience);
  const sentinel = await startSentinel(primary);
  cleanups.push(() => sentinel.stop());
  const gateway = await serve(`redis+sentinel://127.0.0.1:${sentinel.port}/primary-1`);
  expect((await ask(gateway, "/set/k/before")).status).toBe(200);
  const control = connectRaw(`redis://127.0.0.1:${sentinel.port}`);
  cleanups.push(
    () => control.disconnect(),
    () => follower.disconnect(),
  );
  await vi.waitFor(() => control.call("SENTINEL", "FAILOVER", "primary-1"), patience);
  await vi.waitFor(async () => {
    const answer = await ask(gateway, "/set/k/after");
    expect(answer.status).toBe(200);
    expect(await follower.get("k")).toBe("after");
    expect(await follower.call("ROLE")).toContain("master");
  }, patience);
});

test("a cluster is served", async () => {
  const cluster = await startCluster();
  cleanups.push(() => cluster.stop());
  const gateway = await serve(`redis+cluster://127.0.0.1:${cluster.port}`);
  for (let round = 0; round < 5; round += 1) await expectToServe(gateway);
  const apart = await ask(gateway, "/pipeline", {
    body: [
      ["SET", "a", "1"],
      ["SET", "b", "2"],
      ["GET", "a"],
    ],
  });
  expect(apart.json).toEqual([{ result: "OK" }, { result: "OK" }, { result: "1" }]);
  const crossed = await ask(gateway, "/mget/a/b");
  expect(crossed.status).toBe(400);
  expect(crossed.text).toContain("CROSSSLOT");
  const transaction = await ask(gateway, "/multi-exec", {
    body: [
      ["INCR", "a"],
      ["INCR", "b"],
    ],
  });
  expect(transaction.status).toBe(400);
  expect(transaction.text).toContain("CROSSSLOT");
  expect((await ask(gateway, "/get/a")).json).toEqual({ result: "1" });
  for (const command of [["EVAL", "return 1", "many"], ["GET"], ["XREAD", "STREAMS"]]) {
    expect((await ask(gateway, "/", { body: command })).status).toBe(400);
    const alone = await ask(gateway, "/multi-exec", { body: [command] });
    expect(alone.text).toMatch(/"error":"(EXECABORT|ERR)/);
  }
  const monitor = await ask(gateway, "/monitor", { method: "POST" });
  expect(monitor.status).toBe(400);
});

test("a slot that moves to another node of a cluster is followed", async () => {
  const cluster = await startCluster();
  cleanups.push(() => cluster.stop());
  const gateway = await serve(`redis+cluster://127.0.0.1:${cluster.port}`);
  const [first, second] = cluster.urls.map((url) => connectRaw(url));
  cleanups.push(
    () => first?.disconnect(),
    () => second?.disconnect(),
  );
  const raw = { "upstash-response-format": "resp2" };
  const requests = {
    transaction: () => ask(gateway, "/multi-exec", { body: [["EXISTS", "b"]] }),
    bytes: () => ask(gateway, "/exists/b", { headers: raw }),
    command: () => ask(gateway, "/exists/b"),
  };
  const move = async (to: typeof first) => {
    const id = String(await to?.cluster("MYID"));
    for (const node of [to, first, second]) await node?.cluster("SETSLOT", 3300, "NODE", id);
  };
  const targets = [first, second, first];
  for (const request of Object.values(requests)) {
    expect((await request()).status).toBe(200);
    await move(targets.shift());
    const answer = await request();
    expect([answer.status, answer.text]).toEqual([200, expect.stringMatching(/0/)]);
  }
});
