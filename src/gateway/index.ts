/**
 * Upstash's REST protocol in front of any Redis: an ElastiCache, a Sentinel set-up, a Cluster, the
 * one on a laptop.
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
