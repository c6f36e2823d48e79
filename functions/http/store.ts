import type { Store } from "../../src/index.ts";
import { type ConnectedStore, ioredis } from "../../src/redis/ioredis.ts";
import { upstash } from "../../src/redis/upstash.ts";

/** Where Redis is: its REST API, or its own port. */
export interface StoreEnv {
  readonly UPSTASH_REDIS_REST_URL?: string | undefined;
  readonly UPSTASH_REDIS_REST_TOKEN?: string | undefined;
  readonly REDIS_URL?: string | undefined;
}

let warm: { readonly url: string; readonly store: ConnectedStore } | undefined;

/** The store that the variables name; a TCP connection is kept while the function is warm. */
export function storeFrom(env: StoreEnv): Store {
  if (env.UPSTASH_REDIS_REST_URL) {
    return upstash({
      url: env.UPSTASH_REDIS_REST_URL,
      token: env.UPSTASH_REDIS_REST_TOKEN ?? "",
    });
  }
  const url = env.REDIS_URL ?? "";
  if (warm?.url === url) return warm.store;
  closeStore();
  warm = { url, store: ioredis({ url }) };
  return warm.store;
}

/** Lets the connection go, so that a process can end. */
export function closeStore(): void {
  warm?.store.close();
  warm = undefined;
}
