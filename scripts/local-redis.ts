// A Redis of one's own on a free loopback port, for tests, benchmarks and the demo: the redis-server
// of the PATH, else a private copy unpacked from the system's packages (no root, no service), else
// the embedded js-redis-server. It never touches a Redis that somebody else runs.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { CACHE, unpackPackages } from "./unpack-packages.ts";

const PRIVATE = join(CACHE, "redis");
const PACKAGES = ["redis-server", "redis-tools", "libjemalloc2", "liblzf1", "libatomic1"];

export interface RedisBinary {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface LocalRedis {
  readonly kind: "server" | "embedded";
  readonly port: number;
  readonly url: string;
  /** Ends it with SIGKILL and starts it again on the same port and data; only a real server can. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** The redis-server of the PATH or the private copy; with `install`, makes that copy if it can. */
export function findRedisServer(options: { install: boolean }): RedisBinary | undefined {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(folder, "redis-server");
    if (folder !== "" && existsSync(path)) return { path, env: process.env };
  }
  if (!existsSync(join(PRIVATE, "usr/bin/redis-server")) && options.install) {
    unpackPackages(PACKAGES, PRIVATE);
  }
  return privateCopy();
}

function privateCopy(): RedisBinary | undefined {
  const path = join(PRIVATE, "usr/bin/redis-server");
  if (!existsSync(path)) return undefined;
  const libraries = ["usr/lib", "lib"].flatMap((folder) => {
    const root = join(PRIVATE, folder);
    if (!existsSync(root)) return [];
    return [root, ...readdirSync(root).map((name) => join(root, name))];
  });
  return { path, env: { ...process.env, LD_LIBRARY_PATH: libraries.join(":") } };
}

/** Starts a private Redis on a free port. `args` are redis-server's own options. */
export async function startRedis(
  binary: RedisBinary | undefined,
  args: readonly string[] = [],
): Promise<LocalRedis> {
  return binary === undefined ? startEmbedded() : startServer(binary, args);
}

/** How often a port may turn out to be taken after all: another process was faster. */
const PORT_TRIES = 5;

async function startServer(binary: RedisBinary, args: readonly string[]): Promise<LocalRedis> {
  for (let tries = 1; ; tries += 1) {
    const dir = mkdtempSync(join(tmpdir(), "xdrain-redis-"));
    try {
      return await startOn(await freePort(), dir, binary, args);
    } catch (error) {
      rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
      if (tries === PORT_TRIES) throw error;
    }
  }
}

async function startOn(
  port: number,
  dir: string,
  binary: RedisBinary,
  args: readonly string[],
): Promise<LocalRedis> {
  const options = ["--port", String(port), "--bind", "127.0.0.1", "--dir", dir, "--save", ""];
  const launch = async () => {
    // In a process group of its own, so that Ctrl-C leaves it to its owner to end it.
    const child = spawn(binary.path, [...options, ...args], {
      env: binary.env,
      stdio: "ignore",
      detached: true,
    });
    const end = () => child.kill("SIGKILL");
    process.once("exit", end);
    const exited = new Promise<void>((done) => child.once("exit", () => done()));
    void exited.then(() => process.off("exit", end));
    await accepting(port, exited);
    return { child, exited };
  };
  let running = await launch();
  const kill = async () => {
    running.child.kill("SIGKILL");
    await running.exited;
  };
  return {
    kind: "server",
    port,
    url: `redis://127.0.0.1:${port}`,
    async restart() {
      await kill();
      running = await launch();
    },
    async stop() {
      await kill();
      rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function startEmbedded(): Promise<LocalRedis> {
  const { createRedisMock } = await import("js-redis-server");
  const server = await createRedisMock({ compatibility: "redis-7.0" });
  const port = server.addresses()[0]?.port ?? 0;
  return {
    kind: "embedded",
    port,
    url: `redis://127.0.0.1:${port}`,
    restart: () => Promise.reject(new Error("The embedded Redis cannot be killed and restarted.")),
    stop: () => server.close(),
  };
}

/** A loopback port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** Waits until the server answers PING, be it that it wants a password; not while it loads data. */
async function accepting(port: number, exited: Promise<void>): Promise<void> {
  let gone = false;
  void exited.then(() => {
    gone = true;
  });
  while (!gone) {
    if (await ping(port)) return;
    await new Promise((done) => setTimeout(done, 10));
  }
  throw new Error(`redis-server ended before it answered on port ${port}`);
}

function ping(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.once("data", (data) => {
      socket.destroy();
      resolve(/^(\+PONG|-NOAUTH)/.test(data.toString()));
    });
    socket.once("error", () => resolve(false));
  });
}
