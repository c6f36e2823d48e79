import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { Redis } from "ioredis";
import { findRedisServer, startRedis } from "../scripts/local-redis.ts";
import type { Request } from "./servers.child.ts";
import type { Target } from "./target.ts";

/** A Redis of one's own, a gateway in front of it, and targets with added latency. */
export interface Environment {
  readonly redisUrl: string;
  readonly redisPort: number;
  /** For preparations and for looking at the server. */
  readonly redis: Redis;
  targetAt(latencyMs: number): Promise<Target>;
  close(): Promise<void>;
}

export async function startEnvironment(): Promise<Environment> {
  const binary = findRedisServer({ install: true });
  if (binary === undefined) {
    throw new Error("The benchmarks need a redis-server: install one, or let apt-get download it.");
  }
  const server = await startRedis(binary, ["--slowlog-log-slower-than", "-1"]);
  const redis = new Redis(server.url, { protocol: 2 });
  const gateway = startChild();
  const proxies = startChild();
  const gatewayPort = await ask(gateway, { serve: "gateway", redisUrl: server.url });
  const targets = new Map<number, Target>();

  async function createTarget(latencyMs: number): Promise<Target> {
    const behind = (port: number) =>
      latencyMs === 0 ? port : ask(proxies, { serve: "proxy", port, roundTripMs: latencyMs });
    return {
      latencyMs,
      restUrl: `http://127.0.0.1:${await behind(gatewayPort)}`,
      tcpUrl: `redis://127.0.0.1:${await behind(server.port)}`,
      directRestUrl: `http://127.0.0.1:${gatewayPort}`,
      redisUrl: server.url,
    };
  }

  return {
    redisUrl: server.url,
    redisPort: server.port,
    redis,
    async targetAt(latencyMs) {
      const target = targets.get(latencyMs) ?? (await createTarget(latencyMs));
      targets.set(latencyMs, target);
      return target;
    },
    async close() {
      redis.disconnect();
      for (const child of [gateway, proxies]) child.disconnect();
      await server.stop();
    },
  };
}

function startChild(): ChildProcess {
  return fork(join(import.meta.dirname, "servers.child.ts"));
}

/** One request at a time: the child answers in order. */
function ask(child: ChildProcess, request: Request): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = () => reject(new Error(`The ${request.serve} process ended.`));
    child.once("exit", failed);
    child.once("message", (answer: { port: number }) => {
      child.off("exit", failed);
      resolve(answer.port);
    });
    child.send(request);
  });
}
