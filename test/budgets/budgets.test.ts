import { afterAll, beforeAll, describe, expect } from "vitest";
import { findRedisServer, type LocalRedis, startRedis } from "../../scripts/local-redis.ts";
import { serveGateway } from "../../src/gateway/serve.ts";
import {
  createQueue,
  drain,
  type Queue,
  type QueueOptions,
  Reject,
  type Store,
} from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { upstash } from "../../src/redis/upstash.ts";
import { commandCount, commandStats } from "../support/command-stats.ts";
import { connectRaw, realRedis, serverTest, uniqueName } from "../support/redis.ts";

// What work costs does not depend on the machine, so it is asserted exactly: Redis commands from
// the server's own statistics, requests from the report, and one against the other.

let server: LocalRedis;
let stop: () => Promise<void>;
const stores: { tcp?: Store; rest?: Store } = {};

beforeAll(async () => {
  if (!realRedis) return;
  server = await startRedis(findRedisServer({ install: false }));
  const gateway = await serveGateway({ redis: server.url, token: "secret" });
  const tcp = ioredis({ url: server.url });
  stores.tcp = tcp;
  stores.rest = upstash({ url: gateway.url, token: "secret" });
  stop = async () => {
    tcp.close();
    await gateway.close();
    await server.stop();
  };
});

afterAll(() => stop?.());

/** A queue that has seen a pass: its group is there, the server knows the scripts. */
async function warmQueue(
  transport: "tcp" | "rest",
  options: Partial<QueueOptions> = {},
): Promise<Queue<number>> {
  const store = stores[transport] as Store;
  const queue = createQueue<number>({
    name: uniqueName(),
    store,
    statistics: false, // journal.test.ts has what those cost
    ...options,
  });
  await queue.send(0, { idempotencyKey: "warm" });
  await drain(queue, () => {});
  return queue;
}

function thousand(queue: Queue<number>, keyed = false) {
  return queue.sendBatch(
    Array.from({ length: 1_000 }, (_, n) =>
      keyed ? { payload: n, idempotencyKey: `key ${n}` } : { payload: n },
    ),
  );
}

/** Runs it between two looks at the server's statistics. */
async function billed<Result>(work: () => Promise<Result>): Promise<[Result, number]> {
  const redis = connectRaw(server.url);
  await redis.config("RESETSTAT");
  const result = await work();
  const commands = await commandCount(redis);
  redis.disconnect();
  return [result, commands];
}

describe.each(["tcp", "rest"] as const)("over %s", (transport) => {
  serverTest("1,000 messages take 11 requests and 79 commands, one turn at a time", async () => {
    const queue = await warmQueue(transport);
    await thousand(queue);
    const [report, commands] = await billed(() => drain(queue, () => {}, { prefetch: false }));
    expect(report).toMatchObject({ completed: 1_000, requests: 11, commands: 79 });
    expect(commands).toBe(79);
  });

  serverTest("1,000 messages with idempotency keys take 11 requests and 112 commands", async () => {
    const queue = await warmQueue(transport);
    await thousand(queue, true);
    const [report, commands] = await billed(() => drain(queue, () => {}, { prefetch: false }));
    expect(report).toMatchObject({ completed: 1_000, requests: 11, commands: 112 });
    expect(commands).toBe(112);
  });

  serverTest(
    "the first pass over a queue that never was takes 5 commands more, 6 with keys",
    async () => {
      await warmQueue(transport); // the server knows the scripts, but not this queue
      for (const [keyed, expected] of [
        [false, 84],
        [true, 118],
      ] as const) {
        const store = stores[transport] as Store;
        const queue = createQueue<number>({ name: uniqueName(), store, statistics: false });
        await thousand(queue, keyed);
        const [report, commands] = await billed(() => drain(queue, () => {}, { prefetch: false }));
        expect(report).toMatchObject({ completed: 1_000, requests: 11, commands: expected });
        expect(commands).toBe(expected);
      }
    },
  );

  serverTest("an idle pass is one request and 5 commands", async () => {
    const queue = await warmQueue(transport);
    const [report, commands] = await billed(() => drain(queue, () => {}));
    expect(report).toMatchObject({ requests: 1, commands: 5 });
    expect(commands).toBe(5);
  });

  serverTest("a batch of 100 is sent by one request and 103 commands, one by 4", async () => {
    const queue = await warmQueue(transport);
    const batch = Array.from({ length: 100 }, (_, n) => ({ payload: n }));
    const [, commands] = await billed(() => queue.sendBatch(batch));
    expect(commands).toBe(103);
    const [, single] = await billed(() => queue.send(1));
    expect(single).toBe(4);
  });
});

describe("with the default options", () => {
  serverTest(
    "1,000 messages with the next turn sent ahead take at most 13 requests and 96 commands",
    async () => {
      const queue = await warmQueue("rest");
      await thousand(queue);
      const [report, commands] = await billed(() => drain(queue, async () => {}));
      expect(report.completed).toBe(1_000);
      expect(report.requests).toBeLessThanOrEqual(13);
      expect(commands).toBeLessThanOrEqual(96);
      expect(report.commands).toBe(commands);
    },
  );

  serverTest(
    "the same with idempotency keys take at most 13 requests and 130 commands",
    async () => {
      const queue = await warmQueue("rest");
      await thousand(queue, true);
      const [report, commands] = await billed(() => drain(queue, async () => {}));
      expect(report.completed).toBe(1_000);
      expect(report.requests).toBeLessThanOrEqual(13);
      expect(commands).toBeLessThanOrEqual(130);
    },
  );

  serverTest(
    "1,000 messages of which a tenth fails once take at most 15 requests and 165 commands",
    async () => {
      const queue = await warmQueue("rest", { backoff: { initial: 0 } });
      await thousand(queue);
      const redis = connectRaw(server.url);
      const [report, commands] = await billed(() =>
        drain(queue, async (message) => {
          if (message.payload % 10 === 0 && message.failures === 0) throw new Error("once");
        }),
      );
      expect(report).toMatchObject({ completed: 1_000, retried: 100 });
      expect(report.requests).toBeLessThanOrEqual(15);
      expect(commands, JSON.stringify(await commandStats(redis))).toBeLessThanOrEqual(165);
      redis.disconnect();
    },
  );

  serverTest("each dead message adds two commands", async () => {
    const costs: number[] = [];
    for (const dead of [1, 11]) {
      const queue = await warmQueue("tcp");
      await queue.sendBatch(Array.from({ length: 20 }, (_, n) => ({ payload: n })));
      const [report, commands] = await billed(() =>
        drain(queue, (message) => {
          if (message.payload < dead) throw new Reject("no");
        }),
      );
      expect(report.dead).toBe(dead);
      costs.push(commands);
    }
    expect((costs[1] ?? 0) - (costs[0] ?? 0)).toBe(20);
  });

  serverTest(
    "an idle pass beside others in flight, its sweep due, is one request and at most 12 commands",
    async () => {
      const queue = await warmQueue("tcp");
      await queue.sendBatch(Array.from({ length: 50 }, (_, n) => ({ payload: n })));
      const raw = connectRaw(server.url);
      await raw.call(
        "XREADGROUP",
        "GROUP",
        "xdrain",
        "other",
        "COUNT",
        50,
        "STREAMS",
        queue.name,
        ">",
      );
      for (const sweep of ["due", "gated"]) {
        const [report, commands] = await billed(() => drain(queue, () => {}));
        expect(report).toMatchObject({ claimed: 0, requests: 1 });
        expect(commands, sweep).toBeLessThanOrEqual(12);
      }
      raw.disconnect();
    },
  );

  serverTest("one pass a minute, with every gate open, costs no more than one alone", async () => {
    const queue = await warmQueue("tcp");
    const redis = connectRaw(server.url);
    const state = `{${queue.name}}:xd:${queue.name}:xdrain:state`;
    for (let minute = 0; minute < 3; minute += 1) {
      await redis.hdel(state, "next");
      await thousand(queue);
      const [report, commands] = await billed(() => drain(queue, () => {}, { prefetch: false }));
      expect(report).toMatchObject({ completed: 1_000, requests: 11 });
      expect(commands).toBe(79);
    }
    redis.disconnect();
  });
});
