import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Cleanup } from "../../demo/cleanup.ts";
import type { RedisBinary } from "../../scripts/local-redis.ts";
import { startRedisProcess } from "./redis-process.ts";
import { until } from "./replication.ts";

/** The name that the sentinels know the primary by. */
export const PRIMARY = "chaos";
const COUNT = 3;

/** Starts sentinels, two of which have to agree; resolves to their ports when all know each other. */
export async function startSentinels(
  binary: RedisBinary,
  folder: string,
  primaryPort: number,
  cleanup: Cleanup,
): Promise<readonly number[]> {
  const configuration = [
    `sentinel monitor ${PRIMARY} 127.0.0.1 ${primaryPort} 2`,
    `sentinel down-after-milliseconds ${PRIMARY} 1000`,
    `sentinel failover-timeout ${PRIMARY} 4000`,
    `sentinel parallel-syncs ${PRIMARY} 1`,
    "",
  ].join("\n");
  const sentinels = [];
  for (let i = 0; i < COUNT; i += 1) {
    const sentinel = await startRedisProcess(binary, folder, (_, dir) => {
      const path = join(dir, "sentinel.conf");
      writeFileSync(path, configuration);
      return [path, "--sentinel"];
    });
    cleanup.add(() => sentinel.stop());
    sentinels.push(sentinel);
  }
  for (const { client } of sentinels) {
    await until(async () => {
      const [state] = (await client.call("SENTINEL", "MASTERS")) as string[][];
      const field = (name: string) => state?.[state.indexOf(name) + 1];
      return field("num-slaves") === "1" && field("num-other-sentinels") === String(COUNT - 1);
    });
  }
  return sentinels.map(({ port }) => port);
}
