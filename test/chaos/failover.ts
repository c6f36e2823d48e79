import type { Cleanup } from "../../demo/cleanup.ts";
import type { RedisBinary } from "../../scripts/local-redis.ts";
import type { Topology } from "./topology.ts";

export async function startFailover(
  _binary: RedisBinary,
  _folder: string,
  _seed: number,
  _cleanup: Cleanup,
): Promise<Topology> {
  throw new Error("todo");
}
