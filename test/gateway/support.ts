import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { inject } from "vitest";
import {
  findRedisServer,
  freePort,
  type LocalRedis,
  startRedis,
} from "../../scripts/local-redis.ts";
import {
  type Backend,
  type GatewayServer,
  type Listener,
  type RedisCommand,
  type Reply,
  type ServeGatewayOptions,
  serveGateway,
} from "../../src/gateway/index.ts";

export const TOKEN = "read-write-token";
export const READER = "read-only-token";

/** A gateway in front of the Redis of this test run, with a token of each kind. */
export function startGateway(options: Partial<ServeGatewayOptions> = {}): Promise<GatewayServer> {
  return serveGateway({
    redis: inject("redisUrl"),
    tokens: [
      { token: TOKEN, access: "read-write" },
      { token: READER, access: "read-only" },
    ],
    ...options,
  });
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
  readonly headers: Headers;
}

/** One request with the read-write token, unless `headers` say otherwise. */
export async function ask(
  gateway: { readonly url: string },
  path: string,
  init: {
    method?: string;
    body?: unknown;
    raw?: string | Uint8Array<ArrayBuffer>;
    headers?: Record<string, string>;
  } = {},
): Promise<Answer> {
  const body = init.raw ?? (init.body === undefined ? undefined : JSON.stringify(init.body));
  const response = await fetch(`${gateway.url}${path}`, {
    method: init.method ?? (body === undefined ? "GET" : "POST"),
    headers: { authorization: `Bearer ${TOKEN}`, ...init.headers },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return { status: response.status, text, json: parse(text), headers: response.headers };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A private redis-server; sentinels, clusters and passwords need the real one. */
export function startPrivateRedis(...args: string[]): Promise<LocalRedis> {
  return startRedis(findRedisServer({ install: false }), args);
}

/** A sentinel that watches `primary` under the name `primary-1`. */
export async function startSentinel(
  primary: LocalRedis,
): Promise<{ port: number; stop(): Promise<void> }> {
  const binary = findRedisServer({ install: false });
  if (binary === undefined) throw new Error("A sentinel needs a redis-server.");
  const folder = mkdtempSync(join(tmpdir(), "xdrain-sentinel-"));
  const port = await freePort();
  const config = join(folder, "sentinel.conf");
  writeFileSync(
    config,
    [
      `port ${port}`,
      "bind 127.0.0.1",
      `dir ${folder}`,
      `sentinel monitor primary-1 127.0.0.1 ${primary.port} 1`,
      "",
    ].join("\n"),
  );
  const child = spawn(binary.path, [config, "--sentinel"], { env: binary.env, stdio: "ignore" });
  const exited = new Promise<void>((done) => child.once("exit", () => done()));
  const client = new Redis({ port, protocol: 2, retryStrategy: () => 20 });
  client.on("error", () => {});
  await client.ping();
  client.disconnect();
  return {
    port,
    async stop() {
      child.kill("SIGKILL");
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A cluster of two nodes; "b" and most other keys live on the second one. */
export async function startCluster(): Promise<{
  port: number;
  urls: readonly string[];
  stop(): Promise<void>;
}> {
  const options = ["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"];
  const nodes = [await startPrivateRedis(...options), await startPrivateRedis(...options)] as const;
  const clients = nodes.map((node) => new Redis(node.url, { protocol: 2 }));
  const [first, second] = clients as [Redis, Redis];
  await first.cluster("ADDSLOTSRANGE", 0, 3000, 9000, 16383);
  await second.cluster("ADDSLOTSRANGE", 3001, 8999);
  await second.cluster("SET-CONFIG-EPOCH", 2);
  await first.cluster("MEET", "127.0.0.1", nodes[1].port);
  for (const client of clients) {
    while (!String(await client.cluster("INFO")).includes("cluster_state:ok")) {
      await new Promise((turn) => setTimeout(turn, 20));
    }
    client.disconnect();
  }
  return {
    port: nodes[0].port,
    urls: nodes.map(({ url }) => url),
    async stop() {
      for (const node of nodes) await node.stop();
    },
  };
}

/** A self-signed certificate for 127.0.0.1; `openssl` is part of every Debian with Node's sources. */
export function makeCertificate(): { folder: string; key: string; cert: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "xdrain-tls-"));
  const key = join(folder, "key.pem");
  const cert = join(folder, "cert.pem");
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
  execFileSync(
    "openssl",
    [
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-days",
      "2",
      ...subject,
      "-keyout",
      key,
      "-out",
      cert,
    ],
    { stdio: "ignore" },
  );
  return { folder, key, cert, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface FakeBackend extends Backend {
  /** Every command that got through, of whatever endpoint. */
  readonly seen: RedisCommand[];
  /** Commands that wait for `answer`. */
  readonly pending: ((reply: Reply) => void)[];
  readonly listeners: Listener[];
  stopped: number;
  closed: boolean;
}

/** A backend that answers "PONG", or, while `hold` is set, when the test says so. */
export function fakeBackend(options: { hold?: boolean } = {}): FakeBackend {
  const answer = (): Promise<Reply> =>
    options.hold
      ? new Promise((done) => fake.pending.push(done))
      : Promise.resolve(Buffer.from("PONG"));
  const fake: FakeBackend = {
    seen: [],
    pending: [],
    listeners: [],
    stopped: 0,
    closed: false,
    call(command) {
      fake.seen.push(command);
      return answer();
    },
    async pipeline(commands) {
      fake.seen.push(...commands);
      return Promise.all(commands.map(answer));
    },
    async transaction(commands) {
      fake.seen.push(...commands);
      return Promise.all(commands.map(answer));
    },
    async raw(commands) {
      fake.seen.push(...commands);
      return Buffer.from("+PONG\r\n");
    },
    async listen(_topic, listener) {
      fake.listeners.push(listener);
      return () => {
        fake.stopped += 1;
      };
    },
    ping: () => Promise.resolve(),
    close() {
      fake.closed = true;
    },
  };
  return fake;
}
