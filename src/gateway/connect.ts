import type { Backend } from "./backend.ts";
import type { ConnectionSettings } from "./connection.ts";
import { parseRedisUrl } from "./redis-url.ts";
import { connectServer } from "./standalone.ts";

/** Opens connections to the Redis of a URL; they come up, and come back, by themselves. */
export function connectRedis(url: string, settings: ConnectionSettings): Backend {
  return connectServer(parseRedisUrl(url), settings);
}
