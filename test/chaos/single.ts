import type { Cleanup } from "../../demo/cleanup.ts";
import type { RedisBinary } from "../../scripts/local-redis.ts";
import { createFaults, TCP_RATES } from "./faults.ts";
import { between, seeded } from "./random.ts";
import { startRedisProcess } from "./redis-process.ts";
import { startTcpProxy } from "./tcp-proxy.ts";
import type { Topology } from "./topology.ts";

/** One redis-server that writes everything to its append-only file before it answers. */
export async function startSingle(
  binary: RedisBinary,
  folder: string,
  seed: number,
  cleanup: Cleanup,
): Promise<Topology> {
  const random = seeded(seed, "redis");
  const redis = await startRedisProcess(binary, folder, () => [
    ...["--save", "", "--appendonly", "yes", "--appendfsync", "always"],
  ]);
  cleanup.add(() => redis.stop());
  const faults = createFaults(TCP_RATES, seeded(seed, "tcp"));
  const proxy = await startTcpProxy(redis.port, faults);
  cleanup.add(() => proxy.close());
  const url = `redis://127.0.0.1:${proxy.port}`;
  return {
    tcp: { kind: "tcp", url },
    gatewayRedis: url,
    killEveryMs: 9_000,
    async killRedis() {
      await redis.kill();
      await new Promise((done) => setTimeout(done, between(random, 0, 1_500)));
      await redis.start();
      return true;
    },
    inCharge: () => redis.client,
    windows: [],
    struck: () => faults.struck,
    calm: async () => faults.calm(),
    describe: () => ({}),
  };
}
