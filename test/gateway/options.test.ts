import { describe, expect, test } from "vitest";
import {
  createGateway,
  GatewayError,
  type GatewayOptions,
  parseRedisUrl,
  serveGateway,
} from "../../src/gateway/index.ts";
import { startGateway } from "./support.ts";

function failure(work: () => unknown): { code: string; message: string } {
  try {
    work();
  } catch (error) {
    if (error instanceof GatewayError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error("It did not fail.");
}

describe("a Redis URL", () => {
  const plain = { kind: "standalone", tls: false, database: 0 };
  test.each([
    ["redis://h", { ...plain, addresses: [{ host: "h", port: 6379 }] }],
    ["redis://h:1/3", { ...plain, addresses: [{ host: "h", port: 1 }], database: 3 }],
    ["redis://h:1/", { ...plain, addresses: [{ host: "h", port: 1 }] }],
    ["rediss://h:1", { ...plain, tls: true, addresses: [{ host: "h", port: 1 }] }],
    ["redis://[::1]:7", { ...plain, addresses: [{ host: "::1", port: 7 }] }],
    [
      "redis://us%40er:p%2F%3Aw@h",
      { ...plain, addresses: [{ host: "h", port: 6379 }], username: "us@er", password: "p/:w" },
    ],
    ["redis://:a:b@h", { ...plain, addresses: [{ host: "h", port: 6379 }], password: "a:b" }],
    [
      "redis+sentinel://:p@h1:1,h2/main/2?sentinelUsername=s&sentinelPassword=t",
      {
        kind: "sentinel",
        tls: false,
        database: 2,
        addresses: [
          { host: "h1", port: 1 },
          { host: "h2", port: 26379 },
        ],
        password: "p",
        primary: "main",
        sentinelUsername: "s",
        sentinelPassword: "t",
      },
    ],
    [
      "rediss+cluster://h1:1,h2",
      {
        kind: "cluster",
        tls: true,
        database: 0,
        addresses: [
          { host: "h1", port: 1 },
          { host: "h2", port: 6379 },
        ],
      },
    ],
  ])("%s is understood", (url, target) => {
    expect(parseRedisUrl(url)).toEqual(target);
  });

  test.each([
    ["http://h"],
    ["redis://"],
    ["h:6379"],
    ["redis://:secret@h1,h2"],
    ["redis://:secret@h:0"],
    ["redis://:secret@h:port"],
    ["redis://:secret@h/database"],
    ["redis://:secret@h/1/2"],
    ["redis://:secret@h?tls=true"],
    ["redis://:%ffsecret@h"],
    ["redis+sentinel://:secret@h"],
    ["redis+cluster://:secret@h/1"],
    ["redis+unix://:secret@h"],
  ])("%s is refused, in words that do not repeat it", (url) => {
    const { code, message } = failure(() => parseRedisUrl(url));
    expect(code).toBe("bad_redis_url");
    expect(message).toMatch(/^Expected the Redis URL to have .+, got .+\.$/);
    expect(message).not.toContain("secret");
  });
});

describe("options", () => {
  const redis = "redis://127.0.0.1:1";
  test.each([
    [{ redis }, "Expected `token` to be at least one token, in `token` or `tokens`, got none."],
    [{ redis, token: "" }, "Expected `token` to be a non-empty string"],
    [{ redis, token: " t" }, "Expected `token` to be a non-empty string without spaces around it"],
    [{ redis, token: "t", tokens: [{ token: "t", access: "read-only" }] }, "each token once"],
    [{ redis, tokens: [{ token: "t", access: "admin" }] }, '"read-write" or "read-only"'],
    [
      { token: "t" },
      "Expected `redis` to be a Redis URL or a Backend, got a value of type undefined.",
    ],
    [
      { redis, token: "t", maxConcurrency: 0 },
      "Expected `maxConcurrency` to be an integer from 1 to 1000000, got `0` (number).",
    ],
    [{ redis, token: "t", requestTimeoutMs: 1.5 }, "Expected `requestTimeoutMs` to be an integer"],
    [{ redis, token: "t", maxQueue: "9" }, "Expected `maxQueue` to be an integer"],
  ])("%o are refused before anything is opened", (options, expected) => {
    const { code, message } = failure(() => createGateway(options as unknown as GatewayOptions));
    expect(code).toBe("bad_option");
    expect(message).toContain(expected);
  });

  test("a port is checked, and one in use is reported", async () => {
    await expect(serveGateway({ redis, token: "t", port: 70_000 })).rejects.toMatchObject({
      code: "bad_option",
    });
    const gateway = await startGateway();
    await expect(startGateway({ port: gateway.port })).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
    await gateway.close();
  });
});
