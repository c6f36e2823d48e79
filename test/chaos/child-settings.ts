import type { Store } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import type { RedisStoreOptions } from "../../src/redis/store.ts";
import { upstash } from "../../src/redis/upstash.ts";
import { REQUEST_TIMEOUT_MS } from "./queue.ts";

/** How a child process reaches its queue. */
export type Way =
  | { readonly kind: "rest"; readonly url: string; readonly token: string }
  | { readonly kind: "tcp"; readonly url: string }
  | { readonly kind: "sentinel"; readonly ports: readonly number[]; readonly primary: string };

/** What a function is told when it starts. */
export interface FunctionSettings {
  readonly way: Way;
  readonly ledger: string;
  readonly seed: number;
  readonly name: string;
}

export interface ProducerSettings extends FunctionSettings {
  /** The numbers of its messages: from `first` up to, but without, `end`. */
  readonly first: number;
  readonly end: number;
  /** Its sends are spread over this time. */
  readonly startAt: number;
  readonly durationMs: number;
}

export interface GatewaySettings {
  readonly redis: string;
  readonly port: number;
  readonly token: string;
}

export interface HostSettings {
  readonly folder: string;
  readonly vars: Readonly<Record<string, string>>;
}

/** Settings travel as one argument. */
export function settingsOf<T>(): T {
  return JSON.parse(process.argv[2] ?? "{}") as T;
}

export function storeOf(way: Way, more: RedisStoreOptions = {}): Store {
  const options = { requestTimeoutMs: REQUEST_TIMEOUT_MS, ...more };
  if (way.kind === "rest") return upstash({ ...options, url: way.url, token: way.token });
  if (way.kind === "tcp") return ioredis({ ...options, url: way.url });
  const sentinels = way.ports.map((port) => ({ host: "127.0.0.1", port }));
  return ioredis({
    ...options,
    url: "redis://sentinel",
    redis: { sentinels, name: way.primary, connectTimeout: 1_000 },
  });
}
