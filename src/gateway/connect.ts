import type { Backend } from "./backend.ts";
import { connectCluster } from "./cluster.ts";
import type { ConnectionSettings } from "./connection.ts";
import { parseRedisUrl } from "./redis-url.ts";
import { connectServer } from "./standalone.ts";

/** Opens connections to the Redis of a URL; they come up, and come back, by themselves. */
export function connectRedis(url: string, settings: ConnectionSettings): Backend {
  const target = parseRedisUrl(url);
  return target.kind === "cluster"
    ? connectCluster(target, settings)
    : connectServer(target, settings);
}
