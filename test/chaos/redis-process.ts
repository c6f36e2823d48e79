import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { freePort, type RedisBinary } from "../../scripts/local-redis.ts";

/** A redis-server on a port and in a folder of its own, which survive its death. */
export interface RedisProcess {
  readonly port: number;
  /** A client straight to it; nothing that goes wrong on purpose is in between. */
  readonly client: Redis;
  kill(): Promise<void>;
  /** Starts it again, with other arguments behind its own where some are given. */
  start(more?: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

/** Makes one and starts it. `args` may name a configuration file first. */
export async function startRedisProcess(
  binary: RedisBinary,
  folder: string,
  args: (port: number, dir: string) => readonly string[],
): Promise<RedisProcess> {
  const port = await freePort();
  const dir = join(folder, `redis-${port}`);
  mkdirSync(dir);
  const own = args(port, dir);
  const client = connectTo(port);
  let child: ChildProcess | undefined;
  let stopped = false;
  const end = () => child?.kill("SIGKILL");
  process.once("exit", end);

  async function start(more: readonly string[] = []): Promise<void> {
    if (stopped) throw new Error("This redis-server was stopped for good.");
    const options = ["--port", String(port), "--bind", "127.0.0.1", "--dir", dir];
    child = spawn(binary.path, [...own, ...options, ...more], {
      env: binary.env,
      stdio: "ignore",
      detached: true,
    });
    await answering(client, child);
  }

  async function kill(): Promise<void> {
    if (child === undefined) return;
    const leaving = child;
    child = undefined;
    leaving.kill("SIGKILL");
    if (leaving.exitCode === null && leaving.signalCode === null) await once(leaving, "exit");
  }

  await start();
  return {
    port,
    client,
    kill,
    start,
    async stop() {
      stopped = true;
      client.disconnect();
      await kill();
      process.off("exit", end);
    },
  };
}

function connectTo(port: number): Redis {
  const client = new Redis({
    host: "127.0.0.1",
    port,
    protocol: 2,
    maxRetriesPerRequest: 0,
    retryStrategy: () => 20,
  });
  // It is killed on purpose; who asks it something sees the error.
  client.on("error", () => {});
  return client;
}

/** Waits until it has loaded its data. */
async function answering(client: Redis, child: ChildProcess): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    if ((await client.ping().catch(() => undefined)) === "PONG") return;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error(
    `redis-server ended with ${child.signalCode ?? child.exitCode} before it answered.`,
  );
}
