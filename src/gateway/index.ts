/**
 * Upstash's REST protocol in front of any Redis: an ElastiCache, a Sentinel set-up, a Cluster, the
 * one on a laptop. An unmodified `@upstash/redis` is served, automatic pipelining included.
 *
 * | request | answer |
 * |---|---|
 * | `POST /` `["SET", "k", "v"]` | `{"result": …}`, or 400 `{"error": …}` |
 * | `GET` or `POST /set/k/v` | the same; the body of a POST is the last argument, byte for byte, and the query follows it |
 * | `POST /pipeline` `[[…], …]` | `[{"result": …}, {"error": …}]`, not atomic |
 * | `POST /multi-exec` `[[…], …]` | the same, atomic; or 400 `{"error": "EXECABORT …"}` and nothing ran |
 * | `/subscribe/<channel>…`, `/psubscribe/<pattern>…`, `/monitor` | server-sent events |
 * | `GET /healthz` | 200 or 503, without a token |
 *
 * A status of 4xx or 503 says that nothing ran, or that Redis refused it; 502 and 504 say that it
 * may have run, or not. Such a failure is the answer to a whole pipeline, never to one item of it.
 *
 * @module
 */
export type { Backend, Listener, RedisCommand, Reply, Topic } from "./backend.ts";
export { GatewayError, type GatewayErrorCode } from "./errors.ts";
export { createGateway, type Gateway } from "./gateway.ts";
export type { GatewayOptions } from "./options.ts";
export { parseRedisUrl, type RedisAddress, type RedisTarget } from "./redis-url.ts";
export { type GatewayServer, type ServeGatewayOptions, serveGateway } from "./serve.ts";
export type { GatewayToken, TokenAccess } from "./tokens.ts";
export type { UpstashLike } from "./upstash-like/settings.ts";
