import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { watchChanges } from "../../src/cli/dev/changes.ts";
import { createFinishing } from "../../src/cli/dev/finishing.ts";
import { checkPackages } from "../../src/cli/dev/packages.ts";
import { chooseRedis, type RedisChoice } from "../../src/cli/dev/redis.ts";
import { type Supervised, supervise } from "../../src/cli/dev/supervise.ts";
import { createQueue, drain } from "../../src/index.ts";
import { memoryStore } from "../../src/testing.ts";
import { scratch } from "./support/scratch.ts";

const embedded: RedisChoice = { kind: "embedded" };
const server: RedisChoice = { kind: "server", program: "redis-server", data: undefined };

test("all packages that are missing are named at once, with one line that installs them", () => {
  const none = () => undefined;
  expect(() => checkPackages(embedded, none)).toThrow(
    "not installed: npm install -D hono @hono/node-server ioredis js-redis-server. Or do without",
  );
  expect(() => checkPackages(server, none)).toThrow(
    /: npm install -D hono @hono\/node-server ioredis$/,
  );
  const all = () => "5.0.0";
  expect(checkPackages(embedded, all)).toBeUndefined();
});

test("beside ioredis 6 the line lets npm install js-redis-server all the same", () => {
  const versions: Record<string, string> = { hono: "4.0.0", ioredis: "6.0.0" };
  expect(() => checkPackages(embedded, (name) => versions[name])).toThrow(
    "npm pkg set 'overrides.js-redis-server.ioredis=$ioredis' && npm install -D @hono/node-server js-redis-server.",
  );
});

test("--redis comes first, then a server of the PATH, REDIS_URL, and an embedded one", () => {
  const folder = scratch();
  const url = "redis://127.0.0.1:1";
  const choose = (redis: string | undefined, env: Record<string, string>) =>
    chooseRedis({ redis, data: undefined }, env).kind;
  const valkey = join(folder, "valkey-server");
  writeFileSync(valkey, "");
  expect(choose(url, { PATH: folder, REDIS_URL: "x" })).toBe("named");
  expect(chooseRedis({ redis: undefined, data: "d" }, { PATH: folder, REDIS_URL: url })).toEqual({
    kind: "server",
    program: valkey,
    data: "d",
  });
  expect(choose(undefined, { PATH: "/nowhere", REDIS_URL: url })).toBe("named");
  expect(choose(undefined, { PATH: "/nowhere", REDIS_URL: "" })).toBe("embedded");
});

interface Seen {
  readonly waited: number[];
  nothing: number;
}

function finishing(forMs: number) {
  const seen: Seen = { waited: [], nothing: 0 };
  const made = createFinishing({
    forMs,
    onWait: (running) => seen.waited.push(running),
    onNothing: () => {
      seen.nothing += 1;
    },
    onHandled: () => {},
  });
  return { seen, ...made };
}

test("a process that has no handler yet ends at once, and an idle pass does", () => {
  const { seen, end, signal, around } = finishing(60_000);
  end();
  expect(seen).toEqual({ waited: [], nothing: 1 });
  expect(signal.aborted).toBe(false);
  around(() => {});
  end();
  expect(seen).toEqual({ waited: [], nothing: 1 });
  expect(signal.aborted).toBe(true);
});

test("a pass that is told to end finishes what runs, and gives back what it has not begun", async () => {
  const queue = createQueue<number>({ name: "orders", store: memoryStore(), maxFailures: 1 });
  await queue.sendBatch([1, 2, 3, 4, 5].map((payload) => ({ payload })));
  const { seen, end, signal, around } = finishing(60_000);
  const report = await drain(
    queue,
    around(async () => {
      end();
      await new Promise((done) => setImmediate(done));
      expect(signal.aborted).toBe(false);
    }),
    { signal, concurrency: 1 },
  );
  expect(seen.waited).toEqual([1]);
  expect(report).toMatchObject({ completed: 1, retried: 0, dead: 0, stopped: "aborted" });
  expect(await queue.depth()).toMatchObject({ entries: 4, inFlight: 0 });
});

test("what does not finish in its time is aborted", async () => {
  const queue = createQueue<number>({ name: "orders", store: memoryStore() });
  await queue.send(1);
  const { end, signal, around } = finishing(10);
  const reason = await new Promise((resolve) => {
    void drain(
      queue,
      around((_message, context) => {
        end();
        context.signal.addEventListener("abort", () => resolve(context.signal.reason));
        return new Promise(() => {});
      }),
      { signal },
    );
  });
  expect(reason).toMatchObject({ name: "InterruptError" });
});

test("a program that does not end in its time is killed, with all that it started", async () => {
  const folder = scratch();
  const changes = watchChanges([folder]);
  onTestFinished(() => changes.close());
  const stopping = new AbortController();
  const told: string[] = [];
  const deaf = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')";
  const program: Supervised = {
    start() {
      const child = spawn(process.execPath, ["-e", deaf], { detached: true });
      child.stdout.once("data", () => {
        if (told.length === 0) writeFileSync(join(folder, "a"), "1");
        else stopping.abort();
      });
      return child;
    },
    end: (child) => void child.kill("SIGTERM"),
    graceMs: 50,
    pauseMs: 0,
    isStarting: () => false,
    changes,
    tell: (event) => told.push(event),
  };
  await supervise(program, stopping.signal);
  expect(told).toEqual(["changed", "killed", "killed"]);
});
