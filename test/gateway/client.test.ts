import { Redis } from "@upstash/redis";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type GatewayServer, serveGateway } from "../../src/gateway/index.ts";
import { uniqueName } from "../support/redis.ts";

let gateway: GatewayServer;
let redis: Redis;

beforeAll(async () => {
  gateway = await serveGateway({ redis: inject("redisUrl"), token: "secret" });
  redis = new Redis({ url: gateway.url, token: "secret" });
});
afterAll(() => gateway.close());

test("an unmodified client writes and reads, and a stored OK is told from the reply OK", async () => {
  const key = uniqueName();
  expect(await redis.set(key, "OK")).toBe("OK");
  expect(await redis.get(key)).toBe("OK");
  expect(await redis.mget(key, key)).toEqual(["OK", "OK"]);
});
