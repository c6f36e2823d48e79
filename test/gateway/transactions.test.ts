import { Redis } from "@upstash/redis";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { GatewayServer } from "../../src/gateway/index.ts";
import { connectRaw, uniqueName } from "../support/redis.ts";
import { ask, startGateway, TOKEN } from "./support.ts";

const raw = connectRaw();
let gateway: GatewayServer;
beforeAll(async () => {
  gateway = await startGateway({ maxTransactions: 3 });
});
afterAll(async () => {
  await gateway.close();
  raw.disconnect();
});

test("a transaction answers each command in its place, errors while it runs too", async () => {
  const key = uniqueName();
  const body = [
    ["SET", key, "x"],
    ["INCR", key],
    ["HGETALL", `${key}h`],
    ["GET", key],
  ];
  const answer = await ask(gateway, "/multi-exec", { body });
  expect(answer.status).toBe(200);
  expect(answer.json).toEqual([
    { result: "OK" },
    { error: "ERR value is not an integer or out of range" },
    { result: [] },
    { result: "x" },
  ]);
  const encoded = await ask(gateway, "/multi-exec", {
    body: [
      ["GET", key],
      ["SET", key, "y"],
    ],
    headers: { "upstash-encoding": "base64" },
  });
  expect(encoded.json).toEqual([{ result: "eA==" }, { result: "OK" }]);
});

test.each([
  ["Redis would not queue", ["GET"], "wrong number of arguments for 'get' command"],
  ["is refused", ["CONFIG", "GET", "*"], "ERR Command is not available: 'CONFIG'"],
  ["would end the transaction", ["EXEC"], "ERR Command is not available: 'EXEC'"],
])("a command that %s discards the whole transaction", async (_what, command, reason) => {
  const key = uniqueName();
  const answer = await ask(gateway, "/multi-exec", { body: [["SET", key, "v"], command] });
  expect(answer.status).toBe(400);
  expect(answer.json).toEqual({ error: expect.stringContaining(reason) });
  expect(answer.json).toEqual({ error: expect.stringMatching(/^EXECABORT /) });
  expect(await raw.exists(key)).toBe(0);
  const after = await ask(gateway, "/multi-exec", { body: [["SET", key, "v"]] });
  expect(after.json).toEqual([{ result: "OK" }]);
});

test("transactions under concurrency are atomic, and leave other requests alone", async () => {
  const key = uniqueName();
  const steps = Array.from({ length: 10 }, () => ["INCR", key]);
  const transactions = Array.from({ length: 60 }, () =>
    ask(gateway, "/multi-exec", { body: steps }),
  );
  const singles = Array.from({ length: 60 }, () => ask(gateway, "/", { body: ["INCR", key] }));
  for (const answer of await Promise.all(transactions)) {
    const results = (answer.json as { result: number }[]).map(({ result }) => result);
    expect(results).toEqual(results.map((_, index) => results[0]! + index));
  }
  for (const answer of await Promise.all(singles)) {
    expect(answer.json).toEqual({ result: expect.any(Number) });
  }
  expect(await raw.get(key)).toBe("660");
});

test("an unmodified client's multi returns its results and throws its errors", async () => {
  const redis = new Redis({ url: gateway.url, token: TOKEN });
  const key = uniqueName();
  const results = await redis.multi().incr(key).hset(`${key}h`, { a: 1 }).hgetall(`${key}h`).exec();
  expect(results).toEqual([1, 1, { a: 1 }]);
  const failing = redis.multi().set(key, "x").incr(key);
  await expect(failing.exec()).rejects.toThrow("value is not an integer");
});
