import type { ConnectionOptions } from "node:tls";
import type { Backend } from "./backend.ts";
import { GatewayError } from "./errors.ts";
import { parseRedisUrl, type RedisTarget } from "./redis-url.ts";
import type { GatewayToken } from "./tokens.ts";
import { resolveUpstashLike, type UpstashLike } from "./upstash-like/settings.ts";

/** What `createGateway` takes. */
export interface GatewayOptions {
  /** A Redis URL (see `parseRedisUrl`), or something that speaks to one. An unset variable is refused. */
  readonly redis: string | Backend | undefined;
  /** One read-write token. Give this or `tokens`; an unset variable is no token. */
  readonly token?: string | undefined;
  /** Tokens and what each may do. */
  readonly tokens?: readonly GatewayToken[];
  /** TLS settings for `rediss` URLs: `ca`, `servername`, `cert`, `key`. */
  readonly tls?: ConnectionOptions;
  /** Largest request body, in bytes. @default 10485760 (10 MiB) */
  readonly maxRequestBytes?: number;
  /** Most requests at work at once; others wait. @default 256 */
  readonly maxConcurrency?: number;
  /** Most requests that wait; others are answered 503. @default 1000 */
  readonly maxQueue?: number;
  /** Most event streams (subscribe, psubscribe, monitor) at once. @default 100 */
  readonly maxStreams?: number;
  /** Most transactions at once, each on a connection of its own. @default 4 */
  readonly maxTransactions?: number;
  /** Time for a whole request, in milliseconds; then 504. @default 30000 */
  readonly requestTimeoutMs?: number;
  /** How long a request waits for a connection to Redis, in milliseconds; then 503. @default 5000 */
  readonly connectTimeoutMs?: number;
  /** How long `close` waits for running requests, in milliseconds. @default 10000 */
  readonly stopTimeoutMs?: number;
  /** Lets read-write tokens run commands the gateway does not know. @default false */
  readonly allowUnknown?: boolean;
  /**
   * Refuses more than the gateway does by itself: `["FLUSHALL", "MOVE", "SCRIPT FLUSH"]` where other
   * databases of the same Redis are somebody else's.
   *
   * @default []
   */
  readonly refuse?: readonly string[];
  /**
   * For tests: answers as Upstash is documented to, where that differs from a plain Redis. Scripts may
   * begin with `#!lua flags=allow-key-locking` and then touch only declared keys; their errors are
   * wrapped; XREADGROUP has a limit of pending messages for each consumer; `~` trims exactly; requests
   * end at 10 MB; too many commands a second wait; a script that was loaded may be unknown to a
   * replica; and a plain read may be stale, unless its client sends `upstash-sync-token`.
   *
   * @default false
   */
  readonly likeUpstash?: boolean | UpstashLike;
}

/** Options as the gateway uses them: checked and complete. */
export interface ResolvedOptions {
  readonly redis: RedisTarget | Backend;
  readonly tokens: readonly GatewayToken[];
  readonly tls: ConnectionOptions;
  readonly maxRequestBytes: number;
  readonly maxConcurrency: number;
  readonly maxQueue: number;
  readonly maxStreams: number;
  readonly maxTransactions: number;
  readonly requestTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly stopTimeoutMs: number;
  readonly allowUnknown: boolean;
  readonly refuse: ReadonlySet<string>;
  readonly likeUpstash: Required<UpstashLike> | undefined;
}

const MAX_TIMER_MS = 2 ** 31 - 1;
const TEN_MEGABYTES = 10 * 1024 * 1024;

/** Checks options and fills in the defaults. Throws `bad_option` or `bad_redis_url`. */
export function resolveOptions(options: GatewayOptions): ResolvedOptions {
  if (typeof options.redis !== "string" && typeof options.redis?.call !== "function") {
    throw wrong("redis", "a Redis URL or a Backend", describe(options.redis));
  }
  const integer = (
    name: keyof GatewayOptions & string,
    fallback: number,
    least: number,
    most: number,
  ) => {
    const value = options[name] ?? fallback;
    if (Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most)
      return Number(value);
    throw wrong(name, `an integer from ${least} to ${most}`, describe(value));
  };
  const likeUpstash = resolveUpstashLike(options.likeUpstash);
  const mostBytes = likeUpstash === undefined ? 512 * 1024 * 1024 : TEN_MEGABYTES;
  return {
    redis: typeof options.redis === "string" ? parseRedisUrl(options.redis) : options.redis,
    tokens: resolveTokens(options),
    tls: options.tls ?? {},
    maxRequestBytes: integer("maxRequestBytes", TEN_MEGABYTES, 1, mostBytes),
    maxConcurrency: integer("maxConcurrency", 256, 1, 1_000_000),
    maxQueue: integer("maxQueue", 1000, 0, 1_000_000),
    maxStreams: integer("maxStreams", 100, 0, 100_000),
    maxTransactions: integer("maxTransactions", 4, 1, 1000),
    requestTimeoutMs: integer("requestTimeoutMs", 30_000, 1, MAX_TIMER_MS),
    connectTimeoutMs: integer("connectTimeoutMs", 5000, 1, MAX_TIMER_MS),
    stopTimeoutMs: integer("stopTimeoutMs", 10_000, 0, MAX_TIMER_MS),
    allowUnknown: options.allowUnknown ?? false,
    refuse: new Set(
      (options.refuse ?? []).map((name) => name.trim().toUpperCase().replace(/\s+/, "|")),
    ),
    likeUpstash,
  };
}

function resolveTokens(options: GatewayOptions): readonly GatewayToken[] {
  const tokens: GatewayToken[] = [...(options.tokens ?? [])];
  if (options.token !== undefined) tokens.push({ token: options.token, access: "read-write" });
  if (tokens.length === 0)
    throw wrong("token", "at least one token, in `token` or `tokens`", "none");
  const seen = new Set<string>();
  for (const { token, access } of tokens) {
    // Tokens never show in a message, not even wrong ones.
    if (typeof token !== "string" || token.trim() !== token || token === "") {
      throw wrong("token", "a non-empty string without spaces around it", typeof token);
    }
    if (access !== "read-write" && access !== "read-only") {
      throw wrong("tokens", '`access` to be "read-write" or "read-only"', describe(access));
    }
    if (seen.has(token)) throw wrong("tokens", "each token once", "the same token twice");
    seen.add(token);
  }
  return tokens;
}

function describe(value: unknown): string {
  return typeof value === "number" || typeof value === "boolean"
    ? `\`${value}\` (${typeof value})`
    : `a value of type ${value === null ? "null" : typeof value}`;
}

function wrong(name: string, expected: string, got: string): GatewayError {
  return new GatewayError("bad_option", `Expected \`${name}\` to be ${expected}, got ${got}.`);
}
