import { checkPackage, HONO, IOREDIS, loadAhead, type WhenLoaded } from "../needed.ts";
import { olderThan } from "../node/installed.ts";
import { type GatewayOptions, resolveOptions } from "./options.ts";

const CLUSTER = { ioredis: "5.9.0" }; // older ones send commands to the wrong nodes

/** A REST front for one Redis. */
export interface Gateway {
  /** Answers one request; give it to any server that speaks `Request` and `Response`. */
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** Refuses new requests, lets running ones finish for a bounded time, then leaves Redis. */
  close(): Promise<void>;
}

/**
 * Serves the REST protocol of Upstash in front of any Redis. It needs the packages `hono` and, for a
 * Redis URL, `ioredis`: both are loaded meanwhile, and `fetch` rejects with a PackageError without them.
 *
 * @example
 * const gateway = createGateway({ redis: "redis://127.0.0.1:6379", token: process.env.GATEWAY_TOKEN });
 * const response = await gateway.fetch(request);
 *
 * @throws GatewayError `bad_option` or `bad_redis_url`
 */
export function createGateway(options: GatewayOptions): Gateway {
  const whenOpen = beginGateway(options);
  return {
    fetch: (request) => whenOpen((gateway) => gateway.fetch(request)),
    async close() {
      // One that could not be opened has nothing to close.
      const gateway = await Promise.resolve(whenOpen((opened) => opened)).catch(() => undefined);
      await gateway?.close();
    },
  };
}

/** Checks the options, then loads the packages; Redis is connected to once all of them are there. */
export function beginGateway(options: GatewayOptions): WhenLoaded<Gateway> {
  const resolved = resolveOptions(options);
  const { redis } = resolved;
  if ("call" in redis) {
    return loadAhead("xdrain/gateway", HONO, async () => {
      const { openGateway } = await import("./open.ts");
      return openGateway(resolved, redis);
    });
  }
  return loadAhead("xdrain/gateway", { ...HONO, ...IOREDIS }, async () => {
    const parts = [import("./open.ts"), import("./connect.ts")] as const;
    const [{ openGateway }, { connectRedis }] = await Promise.all(parts);
    if (redis.kind === "cluster") {
      checkPackage("A cluster in xdrain/gateway", CLUSTER, !olderThan(CLUSTER.ioredis, "ioredis"));
    }
    return openGateway(resolved, connectRedis(redis, resolved));
  });
}
