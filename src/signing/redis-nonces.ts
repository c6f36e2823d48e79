import { OptionError } from "../errors.ts";
import { name } from "../expect.ts";
import type { Nonces } from "./nonces.ts";

/** The part of a client of `@upstash/redis` that is used. */
export interface UpstashLike {
  set(key: string, value: string, options: { nx: true; px: number }): Promise<unknown>;
}

/** The part of a client of `ioredis` that is used. */
export interface IoredisLike {
  set(key: string, value: string, px: "PX", ms: number, nx: "NX"): Promise<unknown>;
}

export interface RedisNoncesOptions {
  /** What the keys begin with; all that share a signing key share it. @default "xdrain:nonce:" */
  readonly prefix?: string;
}

/**
 * Nonces in Redis over its REST API: one small key for each request, which expires.
 *
 * @example
 * const nonces = upstashNonces(new Redis({ url, token }));
 * @throws OptionError for what is no client.
 */
export function upstashNonces(redis: UpstashLike, options: RedisNoncesOptions = {}): Nonces {
  const prefix = checked(redis, options);
  return {
    async take(nonce, ttlMs) {
      return (await redis.set(prefix + nonce, "1", { nx: true, px: ttlMs })) === "OK";
    },
  };
}

/**
 * Nonces in Redis over TCP: one small key for each request, which expires.
 *
 * @example
 * const nonces = ioredisNonces(new Redis(url));
 * @throws OptionError for what is no client.
 */
export function ioredisNonces(redis: IoredisLike, options: RedisNoncesOptions = {}): Nonces {
  const prefix = checked(redis, options);
  return {
    async take(nonce, ttlMs) {
      return (await redis.set(prefix + nonce, "1", "PX", ttlMs, "NX")) === "OK";
    },
  };
}

function checked(redis: unknown, options: RedisNoncesOptions): string {
  const { set } = (redis ?? {}) as { readonly set?: unknown };
  if (typeof set !== "function") {
    throw new OptionError("Expected a client of Redis with the method `set`.");
  }
  return options.prefix === undefined ? "xdrain:nonce:" : name("prefix", options.prefix);
}
