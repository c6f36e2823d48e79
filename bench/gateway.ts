import { fork } from "node:child_process";
import { Redis } from "ioredis";
import { findRedisServer, startRedis } from "../scripts/local-redis.ts";
import { postOf, requestsPerSecond } from "./http-load.ts";
import { median, medianRatio } from "./statistics.ts";

/** The gateway's speed beside a bare Node server's, in front of the same Redis. */
export interface GatewayRatio {
  readonly work: string;
  readonly clients: number;
  /** Median of the pairs' ratios: 1 is as fast as the bare server. */
  readonly ratio: number;
  /** Medians of requests per second. */
  readonly gateway: number;
  readonly bare: number;
}

export interface GatewayRatioOptions {
  /** Measurements of each side, taken in turns. @default 7 */
  readonly pairs?: number;
  /** Length of one measurement, in milliseconds. @default 800 */
  readonly ms?: number;
}

const CLIENTS = [1, 32];
const STREAM = "bench-stream";
/** What a turn of a queue looks like to the gateway: some ids go in, messages come out. */
const TURN = "return redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 20)";

/** Measures GET, a pipeline and a script's turn, with 1 client and with 32. */
export async function gatewayRatios({
  pairs = 7,
  ms = 800,
}: GatewayRatioOptions = {}): Promise<readonly GatewayRatio[]> {
  const server = await startRedis(findRedisServer({ install: false }));
  const gateway = await serve("servers", { serve: "gateway", redisUrl: server.url });
  const bare = await serve("bare-gateway", { redisUrl: server.url });
  try {
    const ratios: GatewayRatio[] = [];
    for (const [work, request] of Object.entries(await requestsOf(server.url))) {
      for (const clients of CLIENTS) {
        const rate = (port: number) => requestsPerSecond(port, request, { clients, ms });
        ratios.push({ work, clients, ...(await inPairs(pairs, rate, gateway.port, bare.port)) });
      }
    }
    return ratios;
  } finally {
    gateway.stop();
    bare.stop();
    await server.stop();
  }
}

/** Measures in turns, each side first in every other pair, after one run of each to warm up. */
async function inPairs(
  pairs: number,
  rate: (port: number) => Promise<number>,
  gateway: number,
  bare: number,
): Promise<Pick<GatewayRatio, "ratio" | "gateway" | "bare">> {
  const ours: number[] = [];
  const theirs: number[] = [];
  await rate(gateway);
  await rate(bare);
  for (let pair = 0; pair < pairs; pair += 1) {
    if (pair % 2 === 0) ours.push(await rate(gateway));
    theirs.push(await rate(bare));
    if (pair % 2 === 1) ours.push(await rate(gateway));
  }
  return { ratio: medianRatio(ours, theirs), gateway: median(ours), bare: median(theirs) };
}

async function requestsOf(redisUrl: string): Promise<Readonly<Record<string, Buffer>>> {
  const redis = new Redis(redisUrl, { protocol: 2 });
  const value = "x".repeat(100);
  await redis.set("bench-key", value);
  const ids: string[] = [];
  for (let index = 0; index < 20; index += 1) {
    ids.push(String(await redis.xadd(STREAM, "*", "payload", value)));
  }
  const sha = String(await redis.script("LOAD", TURN));
  redis.disconnect();
  const pipeline = ids.slice(0, 10).flatMap((id, index) => [
    ["SET", `bench-${index}`, value],
    ["XRANGE", STREAM, id, id],
  ]);
  return {
    get: postOf("/", ["GET", "bench-key"]),
    pipeline: postOf("/pipeline", pipeline),
    turn: postOf("/", ["EVALSHA", sha, "1", STREAM, ...ids]),
  };
}

/** Starts a server in a process of its own. */
async function serve(name: string, message: object): Promise<{ port: number; stop(): void }> {
  const child = fork(new URL(`./${name}.child.ts`, import.meta.url));
  const answered = new Promise<number>((resolve, reject) => {
    child.once("message", ({ port }: { port: number }) => resolve(port));
    child.once("exit", (code) => reject(new Error(`The server ended with ${code}.`)));
  });
  child.send(message);
  return { port: await answered, stop: () => void child.kill() };
}

if (process.argv[1] === import.meta.filename) {
  for (const { work, clients, ratio, gateway, bare } of await gatewayRatios()) {
    const rates = `${Math.round(gateway)} requests/s, bare ${Math.round(bare)}`;
    console.log(`${work}, ${clients} client(s): ${ratio.toFixed(2)} (${rates})`);
  }
}
