import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { serveGateway } from "../../src/gateway/serve.ts";
import { createQueue, drain, OptionError } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { expectNothingSecret, SECRET } from "../errors/support.ts";
import { otherProgram } from "../interop/foreign.ts";
import { privateRedis, serverTest } from "../support/redis.ts";
import { TOKEN } from "./stores.ts";
import { tcpProxy } from "./tcp-proxy.ts";

const CHILD = fileURLToPath(new URL("close.child.ts", import.meta.url));
const messages = (count: number) => Array.from({ length: count }, (_, n) => ({ payload: n }));

/** A queue over TCP at a Redis of its own. */
async function warmFunction(options: { readonly port?: number; readonly timeoutMs?: number } = {}) {
  const redis = await privateRedis();
  const port = options.port ?? redis.port;
  const raw = otherProgram(redis.url);
  const open = (at: number) => {
    const store = ioredis({
      url: `redis://127.0.0.1:${at}`,
      requestTimeoutMs: options.timeoutMs ?? 10_000,
    });
    onTestFinished(() => store.close());
    return { store, queue: createQueue<number>({ name: "q", store }) };
  };
  const connections = async () => {
    const stats = await raw.info("stats");
    return Number(/total_connections_received:(\d+)/.exec(stats)?.[1]);
  };
  /** As a freeze does: every connection but the one that asks is gone. */
  const killAll = () => raw.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  return { redis, raw, port, open, connections, killAll };
}

serverTest("one connection serves all sends and drains of a warm function", async () => {
  const { open, port, connections } = await warmFunction();
  const { queue } = open(port);
  const before = await connections();
  for (let invocation = 0; invocation < 3; invocation += 1) {
    await queue.sendBatch(messages(20));
    expect(await drain(queue, () => {})).toMatchObject({ completed: 20 });
    await Promise.all([queue.depth(), queue.deadLetters.list(), queue.result("x")]);
  }
  expect((await connections()) - before).toBe(1);
});

serverTest("making a store or a queue connects to nothing", async () => {
  const { open, port, connections } = await warmFunction();
  const before = await connections();
  open(port);
  open(port).store.close();
  expect(await connections()).toBe(before);
});

serverTest("a connection that was killed between two drains is replaced", async () => {
  const { open, port, killAll, connections } = await warmFunction();
  const { queue } = open(port);
  await queue.sendBatch(messages(20));
  await drain(queue, () => {}, { maxMessages: 10 });
  const before = await connections();
  expect(await killAll()).toBe(1);
  const report = await drain(queue, () => {});
  expect(report).toMatchObject({ stopped: "empty", completed: 10, uncertain: 0, lost: 0 });
  expect((await connections()) - before).toBe(1);
});

serverTest(
  "one that is killed while handlers run loses neither a turn nor an outcome",
  async () => {
    const { open, port, killAll, connections } = await warmFunction();
    const { queue } = open(port);
    await queue.sendBatch(messages(40));
    const before = await connections();
    const seen: number[] = [];
    const report = await drain(
      queue,
      async (message) => {
        seen.push(message.payload);
        if (message.payload % 10 === 5) await killAll();
      },
      { batch: 10, concurrency: 1 },
    );
    expect(seen).toEqual(Array.from({ length: 40 }, (_, n) => n));
    expect(report).toMatchObject({ stopped: "empty", completed: 40, uncertain: 0, lost: 0 });
    expect((await connections()) - before).toBeGreaterThanOrEqual(4);
  },
);

serverTest("one that is killed with a turn on its way sends the turn again", async () => {
  const { open, port, raw, killAll } = await warmFunction();
  const { queue } = open(port);
  await queue.sendBatch(messages(20));
  const seen: number[] = [];
  const report = await drain(
    queue,
    async (message) => {
      seen.push(message.payload);
      if (message.payload !== 9) return;
      await raw.client("PAUSE", 10_000, "WRITE");
      // Kills the turn that settles this handler's batch, once it waits at the server.
      void (async () => {
        while (!/ cmd=eval/.test(await blockedClients())) await raw.ping();
        await killAll();
        await raw.client("UNPAUSE");
      })();
    },
    { batch: 10, concurrency: 1, prefetch: false },
  );
  expect(seen).toEqual(Array.from({ length: 20 }, (_, n) => n));
  expect(report).toMatchObject({ stopped: "empty", completed: 20, uncertain: 0, lost: 0 });
  expect(report.requests).toBeGreaterThan(report.turns);

  /** Clients that the pause holds. */
  async function blockedClients(): Promise<string> {
    const list = String(await raw.client("LIST"));
    return list
      .split("\n")
      .filter((line) => / flags=b/.test(line))
      .join("\n");
  }
});

describe("through a way that goes wrong", () => {
  serverTest(
    "a connection that went silent is left after its time, and the turn sent again",
    async () => {
      const { redis, open } = await warmFunction({ timeoutMs: 1_000 });
      const proxy = await tcpProxy(redis.port);
      const { queue } = open(proxy.port);
      await drain(queue, () => {});
      await queue.sendBatch(messages(20));
      const seen: number[] = [];
      const report = await drain(
        queue,
        (message) => {
          seen.push(message.payload);
          if (message.payload === 5) proxy.silence();
        },
        { batch: 10, prefetch: false },
      );
      expect(seen).toEqual(Array.from({ length: 20 }, (_, n) => n));
      expect(report).toMatchObject({ stopped: "empty", completed: 20, replayed: 0, uncertain: 0 });
      expect(proxy.connections).toBe(2);
      expect(report.requests - report.turns).toBe(1);

      proxy.silence();
      await queue.send(20);
      expect(await queue.depth()).toMatchObject({ entries: 1 });
      expect(proxy.connections).toBe(3);
    },
  );

  serverTest("a turn that ran while its answer was lost is not done twice", async () => {
    const { redis, open } = await warmFunction({ timeoutMs: 1_000 });
    const proxy = await tcpProxy(redis.port);
    const { queue } = open(proxy.port);
    await drain(queue, () => {});
    await queue.sendBatch(messages(20));
    const seen: number[] = [];
    const report = await drain(
      queue,
      (message) => {
        seen.push(message.payload);
        if (message.payload === 5) proxy.loseAnswers();
      },
      { batch: 10, prefetch: false },
    );
    expect(seen).toEqual(Array.from({ length: 20 }, (_, n) => n));
    expect(report).toMatchObject({ stopped: "empty", completed: 20, replayed: 10, uncertain: 0 });

    proxy.loseAnswers();
    const [sent] = await queue.sendBatch(messages(1));
    const ids: string[] = [];
    await drain(queue, (message) => ids.push(message.id));
    expect(ids).toEqual([sent?.id]);
  });
});

serverTest("close ends the connection, and a later call makes a new one", async () => {
  const { open, port, raw, connections } = await warmFunction();
  const { store, queue } = open(port);
  await queue.send(1);
  const before = await connections();
  store.close();
  const clients = async () =>
    String(await raw.client("LIST"))
      .trim()
      .split("\n");
  while ((await clients()).length > 1) await raw.ping();
  expect(await drain(queue, () => {})).toMatchObject({ completed: 1 });
  expect((await connections()) - before).toBe(1);
  store.close();
  store.close();
});

test.each(["tcp", "rest"])(
  "a process that used %s and closed it ends by itself",
  async (transport) => {
    const { url } = await privateRedis();
    const gateway = await serveGateway({ redis: url, token: TOKEN });
    onTestFinished(() => gateway.close());
    const at = transport === "tcp" ? url : gateway.url;
    const child = spawn(process.execPath, [CHILD, transport, at, TOKEN, "q"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    let output = "";
    child.stdout.on("data", (data) => {
      output += data;
    });
    expect(await once(child, "close")).toEqual([0, null]);
    expect(output.trim()).toBe("1");
  },
  15_000,
);

test.each([
  undefined,
  "",
  `http://:${SECRET}@localhost`,
  `127.0.0.1:6379?password=${SECRET}`,
  `redis:${SECRET}`,
])("the url %o is refused, and not shown", (url) => {
  const error = thrownBy(() => ioredis({ url: url as string }));
  expect(error).toBeInstanceOf(OptionError);
  expect((error as OptionError).message).toMatch(/`url`.*redis:\/\/ or rediss:\/\//);
  expectNothingSecret(error);
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return expect.fail("Nothing was thrown.");
}

serverTest("a primary that became a replica is left: the next call finds the new one", async () => {
  const { open, redis: old } = await warmFunction();
  const next = await privateRedis();
  const name = await tcpProxy(old.port);
  const { queue, store } = open(name.port);
  await queue.send(1);
  await otherProgram(old.url).replicaof("127.0.0.1", String(next.port));
  name.leadTo(next.port);
  const refused = await queue.send(2).catch((error: unknown) => error);
  expect(refused).toMatchObject({ uncertain: false, cause: { code: "store_read_only" } });
  await queue.send(3);
  expect(await drain(queue, () => {})).toMatchObject({ completed: 1 });
  expect(name.connections).toBe(2);

  await otherProgram(next.url).replicaof("127.0.0.1", String(old.port));
  await otherProgram(old.url).replicaof("NO", "ONE");
  name.leadTo(old.port);
  await expect(queue.pause()).rejects.toMatchObject({ code: "store_read_only" });
  await queue.pause();
  expect(await queue.stats()).toMatchObject({ paused: true });

  await otherProgram(old.url).replicaof("127.0.0.1", String(next.port));
  await otherProgram(next.url).replicaof("NO", "ONE");
  name.leadTo(next.port);
  const both = [queue, createQueue<number>({ name: "{q}:second", store })];
  await expect(drain(both, () => {})).rejects.toMatchObject({ code: "store_read_only" });
  expect(await drain(both, () => {})).toMatchObject({ stopped: "empty" });
});
