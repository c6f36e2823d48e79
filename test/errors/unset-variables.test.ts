import { expect, test } from "vitest";
import { dashboard } from "../../src/dashboard/index.ts";
import { createGateway } from "../../src/gateway/index.ts";
import { createQueue } from "../../src/index.ts";
import { httpKick } from "../../src/kick/index.ts";
import { metricsHandler } from "../../src/metrics/index.ts";
import { qstash } from "../../src/qstash/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { upstash } from "../../src/redis/upstash.ts";
import { httpApp, vercelCron, work } from "../../src/runtimes/http/index.ts";
import { signed, signRequest } from "../../src/signing/index.ts";
import { memoryStore } from "../../src/testing.ts";

const UNSET = undefined;
const url = "https://example.com";
const scopes = ["drain"] as const;
const orders = createQueue({ name: "orders", store: memoryStore() });
const pages = () => createQueue({ name: "orders", store: ioredis({ url: "redis://localhost" }) });

// The types take what `process.env` gives, so that no example needs a value to fall back on.
test.each<readonly [string, () => unknown]>([
  ["upstash's url", () => upstash({ url: UNSET, token: "token" })],
  ["upstash's token", () => upstash({ url, token: UNSET })],
  ["ioredis' url", () => ioredis({ url: UNSET })],
  [
    "httpApp's token",
    () => httpApp({ queues: work(orders, () => {}), tokens: [{ token: UNSET, scopes }] }),
  ],
  ["vercelCron's secret", () => vercelCron({ secret: UNSET })],
  ["signed's key", () => signed({ keys: [UNSET], scopes })],
  ["qstash's key", () => qstash({ currentSigningKey: UNSET, nextSigningKey: UNSET, scopes })],
  ["httpKick's key", () => httpKick({ url, key: UNSET })],
  ["metricsHandler's token", () => metricsHandler({ queues: orders, token: UNSET })],
  [
    "dashboard's token",
    () => dashboard({ queues: pages(), tokens: [{ token: UNSET, role: "admin" }] }),
  ],
])("an unset variable as %s is refused when it is made, and says so", (_, make) => {
  expect(make).toThrow(/Is the variable set\?|Are the variables set\?/);
});

test("an unset variable as a signing key of one request is refused", async () => {
  await expect(signRequest(UNSET, { url })).rejects.toThrow("Is the variable set?");
});

test("a gateway without a Redis or a token is refused", () => {
  expect(() => createGateway({ redis: UNSET, token: "token" })).toThrow(
    /`redis` to be a Redis URL/,
  );
  expect(() => createGateway({ redis: "redis://localhost", token: UNSET })).toThrow(
    /at least one token/,
  );
});
