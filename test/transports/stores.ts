import { inject, onTestFinished } from "vitest";
import { serveGateway } from "../../src/gateway/serve.ts";
import type { Store } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import type { RedisStoreOptions } from "../../src/redis/store.ts";
import { upstash } from "../../src/redis/upstash.ts";

export const TOKEN = "the-token-of-the-gateway";

/** The two ways to a Redis. */
export const TRANSPORTS = ["tcp", "rest"] as const;
export type TransportName = (typeof TRANSPORTS)[number];

/** A store over one of the two ways, which goes when the test is over. */
export async function openStore(
  transport: TransportName,
  url: string = inject("redisUrl"),
  options: RedisStoreOptions = {},
): Promise<Store> {
  if (transport === "tcp") {
    const store = ioredis({ url, ...options });
    onTestFinished(() => store.close());
    return store;
  }
  const gateway = await serveGateway({ redis: url, token: TOKEN });
  onTestFinished(() => gateway.close());
  return upstash({ url: gateway.url, token: TOKEN, ...options });
}
