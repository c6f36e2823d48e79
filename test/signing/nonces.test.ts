import { Redis as UpstashRedis } from "@upstash/redis";
import { expect, inject, onTestFinished, test } from "vitest";
import { serveGateway } from "../../src/gateway/serve.ts";
import { OptionError } from "../../src/index.ts";
import {
  ioredisNonces,
  memoryNonces,
  type Nonces,
  type RedisNoncesOptions,
  upstashNonces,
} from "../../src/signing/index.ts";
import { connectRaw, uniqueName } from "../support/redis.ts";
import { TestClock } from "./support.ts";

const GATEWAY_TOKEN = "the-token-of-the-gateway";

/** Two stores that share what they know, as two processes would. */
async function openTwo(kind: "ioredis" | "upstash", options: RedisNoncesOptions) {
  const opened: Nonces[] = [];
  for (let i = 0; i < 2; i += 1) {
    if (kind === "ioredis") {
      const redis = connectRaw();
      onTestFinished(() => redis.disconnect());
      opened.push(ioredisNonces(redis, options));
    } else {
      const gateway = await serveGateway({ redis: inject("redisUrl"), token: GATEWAY_TOKEN });
      onTestFinished(() => gateway.close());
      opened.push(
        upstashNonces(new UpstashRedis({ url: gateway.url, token: GATEWAY_TOKEN }), options),
      );
    }
  }
  return opened as [Nonces, Nonces];
}

for (const kind of ["ioredis", "upstash"] as const) {
  test(`of many that take a nonce at once through ${kind}, one gets it`, async () => {
    const [one, other] = await openTwo(kind, { prefix: uniqueName("nonce") });
    const takes = Array.from({ length: 20 }, (_, i) =>
      (i % 2 === 0 ? one : other).take("n", 60_000),
    );
    expect((await Promise.all(takes)).filter((taken) => taken)).toHaveLength(1);
    expect(await one.take("m", 60_000)).toBe(true);
  });

  test(`a nonce in Redis through ${kind} expires when it is told to`, async () => {
    const prefix = uniqueName("nonce");
    const [nonces] = await openTwo(kind, { prefix });
    await nonces.take("n", 900_000);
    const redis = connectRaw();
    onTestFinished(() => redis.disconnect());
    expect(await redis.get(`${prefix}n`)).toBe("1");
    const left = await redis.pttl(`${prefix}n`);
    expect(left).toBeGreaterThan(890_000);
    expect(left).toBeLessThanOrEqual(900_000);
  });
}

test("in memory a nonce is taken once until its time is over", async () => {
  const clock = new TestClock();
  const nonces = memoryNonces({ clock });
  expect(await nonces.take("n", 1_000)).toBe(true);
  clock.time += 999;
  expect(await nonces.take("n", 1_000)).toBe(false);
  clock.time += 1;
  expect(await nonces.take("n", 1_000)).toBe(true);
});

test("a full memory takes no more before something is over, and forgets nothing early", async () => {
  const clock = new TestClock();
  const nonces = memoryNonces({ clock, max: 2 });
  await nonces.take("long", 10_000);
  await nonces.take("short", 1_000);
  await expect(nonces.take("third", 1_000)).rejects.toThrow("too many");
  expect(await nonces.take("short", 1_000)).toBe(false);
  clock.time += 1_000;
  expect(await nonces.take("third", 1_000)).toBe(true);
  expect(await nonces.take("long", 1_000)).toBe(false);
});

test("what is no client of Redis, or no limit, is refused at once", () => {
  expect(() => upstashNonces(undefined as never)).toThrow(OptionError);
  expect(() => ioredisNonces({} as never)).toThrow(OptionError);
  expect(() => upstashNonces({ set: async () => "OK" }, { prefix: "" })).toThrow(OptionError);
  expect(() => memoryNonces({ max: 0 })).toThrow(OptionError);
});
