import type { Backend } from "./backend.ts";
import { connectCluster } from "./cluster.ts";
import type { ConnectionSettings } from "./connection.ts";
import type { RedisTarget } from "./redis-url.ts";
import { connectServer } from "./standalone.ts";

/** Opens connections to a Redis; they come up, and come back, by themselves. */
export function connectRedis(target: RedisTarget, settings: ConnectionSettings): Backend {
  return target.kind === "cluster"
    ? connectCluster(target, settings)
    : connectServer(target, settings);
}
