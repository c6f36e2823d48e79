import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Redis } from "ioredis";
import { findRedisServer } from "../../scripts/local-redis.ts";
import { fillStream, GROUP, newName } from "../fill.ts";
import { payloadOf } from "../work.ts";

const run = promisify(execFile);

/** Commands per second of `redis-benchmark`, which does nothing but send them. */
export async function redisBenchmark(
  port: number,
  options: { readonly clients: number; readonly pipeline: number; readonly count: number },
  command: readonly string[],
): Promise<number> {
  const binary = findRedisServer({ install: false });
  if (binary === undefined) throw new Error("There is no redis-server, so no redis-benchmark.");
  const { clients, pipeline, count } = options;
  const args = ["-p", port, "-c", clients, "-P", pipeline, "-n", count, "--csv", ...command];
  const program = join(dirname(binary.path), "redis-benchmark");
  const { stdout } = await run(program, args.map(String), { env: binary.env });
  // A line of names, then one of figures behind the command's own text, the rate first.
  return Number(/","([\d.]+)","/.exec(stdout)?.[1]);
}

export interface PhysicalBound {
  /** Round trips of PING on one connection. */
  readonly ping: number;
  /** XADDs one by one on one connection, in pipelines of 100, and those on fifty connections. */
  readonly addSingle: number;
  readonly add: number;
  readonly addMany: number;
  /** Messages read, acknowledged, deleted and returned by a script for 100 of them. */
  readonly drain: number;
}

const DRAINED = 200_000;
const READ_AND_SETTLE = `
local reply = redis.call('XREADGROUP', 'GROUP', '${GROUP}', 'c', 'COUNT', 100, 'STREAMS', KEYS[1], '>')
if not reply then return reply end
local ids = {}
for i, entry in ipairs(reply[1][2]) do ids[i] = entry[1] end
redis.call('XACK', KEYS[1], '${GROUP}', unpack(ids))
redis.call('XDEL', KEYS[1], unpack(ids))
return reply`;

/** What this server and this machine can do at all. */
export async function physicalBound(redis: Redis, port: number): Promise<PhysicalBound> {
  const stream = newName();
  const payload = payloadOf(100);
  const adding = ["XADD", "bench-physical", "MAXLEN", "~", "100000", "*", "d", payload];
  const at = (clients: number, pipeline: number, count: number, command: readonly string[]) =>
    redisBenchmark(port, { clients, pipeline, count }, command);
  await fillStream(redis, stream, { messages: DRAINED, payload, keyed: false });
  const bound = {
    ping: await at(1, 1, 50_000, ["PING"]),
    addSingle: await at(1, 1, 50_000, adding),
    add: await at(1, 100, 300_000, adding),
    addMany: await at(50, 100, 500_000, adding),
    drain: 100 * (await at(1, 1, DRAINED / 100, ["EVAL", READ_AND_SETTLE, "1", stream])),
  };
  await redis.flushall();
  return bound;
}
