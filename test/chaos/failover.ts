import type { Cleanup } from "../../demo/cleanup.ts";
import type { RedisBinary } from "../../scripts/local-redis.ts";
import type { ReplicationWindow } from "./check.ts";
import { createFaults, TCP_RATES } from "./faults.ts";
import { BEAT_KEY, startHeart } from "./heart.ts";
import { startLink } from "./link.ts";
import { seeded } from "./random.ts";
import { type RedisProcess, startRedisProcess } from "./redis-process.ts";
import { offsetsOf, until } from "./replication.ts";
import { PRIMARY, startSentinels } from "./sentinels.ts";
import type { Topology } from "./topology.ts";

interface Node {
  readonly redis: RedisProcess;
  /** What everybody else calls it: a link on which replication takes its time. */
  readonly port: number;
}

/** One failover, as the report tells it. */
interface Failover {
  /** Time between the last write that the replica had and the death of the primary. */
  readonly windowMs: number;
  /** How far the replica was behind when the primary was last asked, in bytes of the log. */
  readonly bytesBehind: number;
  /** From the death of the primary until the replica took over. */
  readonly takeoverMs: number;
}

/** How long a change needs to the replica, as if that were in another place. */
const LAG_MS = 40;

/** A primary and a replica, watched by three sentinels; the primary dies, the replica takes over. */
export async function startFailover(
  binary: RedisBinary,
  folder: string,
  seed: number,
  cleanup: Cleanup,
): Promise<Topology> {
  const faults = createFaults(TCP_RATES, seeded(seed, "tcp"));

  async function startNode(primary: Node | undefined): Promise<Node> {
    const redis = await startRedisProcess(binary, folder, () => ["--save", ""]);
    cleanup.add(() => redis.stop());
    const link = await startLink(redis.port, faults, LAG_MS);
    cleanup.add(() => link.close());
    // Sentinels and clients are told the way through the link.
    await redis.client.config("SET", "replica-announce-ip", "127.0.0.1");
    await redis.client.config("SET", "replica-announce-port", link.port);
    if (primary !== undefined) await redis.client.replicaof("127.0.0.1", primary.port);
    return { redis, port: link.port };
  }

  let primary = await startNode(undefined);
  let replica = await startNode(primary);
  await until(async () => (await offsetsOf(replica.redis.client)).linkUp);
  const sentinels = await startSentinels(binary, folder, primary.port, cleanup);
  const heart = startHeart(() => primary.redis.client);
  cleanup.add(() => heart.stop());
  const windows: ReplicationWindow[] = [];
  const failovers: Failover[] = [];

  async function failOver(): Promise<boolean> {
    const dying = primary;
    const next = replica;
    const before = await offsetsOf(dying.redis.client);
    const killedAt = Date.now();
    await dying.redis.kill();
    await until(async () => !(await offsetsOf(next.redis.client)).linkUp);
    const from = Number(await next.redis.client.get(BEAT_KEY));
    const after = await offsetsOf(next.redis.client);
    await until(async () => (await offsetsOf(next.redis.client)).role === "master");
    const to = Date.now();
    windows.push({ from, to });
    failovers.push({
      windowMs: killedAt - from,
      bytesBehind: before.offset - after.offset,
      takeoverMs: to - killedAt,
    });
    primary = next;
    replica = dying;
    await dying.redis.start([
      ...["--replica-announce-ip", "127.0.0.1", "--replica-announce-port", String(dying.port)],
      ...["--replicaof", "127.0.0.1", String(next.port)],
    ]);
    await until(async () => (await offsetsOf(dying.redis.client)).linkUp);
    return true;
  }

  return {
    tcp: { kind: "sentinel", ports: sentinels, primary: PRIMARY },
    gatewayRedis: `redis+sentinel://${sentinels.map((port) => `127.0.0.1:${port}`).join(",")}/${PRIMARY}`,
    killEveryMs: 8_000,
    killRedis: failOver,
    inCharge: () => primary.redis.client,
    windows,
    struck: () => faults.struck,
    async calm() {
      faults.calm();
      await heart.stop();
      await primary.redis.client.del(BEAT_KEY);
    },
    describe: () => ({ failovers }),
  };
}
