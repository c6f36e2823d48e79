import { Redis } from "ioredis";
import { createQueue, drain } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { GROUP, newName } from "../fill.ts";
import { readStats } from "../measure.ts";
import { bytesOfAll } from "./memory.ts";

const TICKS = 24 * 60;
const TICK_MS = 60_000;
/** Of the parked set: due times are multiples of it. */
const SCORE_OF_MS = 1_024;
/** `send` remembers its ids for two minutes. */
const REMEMBERED_TICKS = 2;
const WEBHOOK = { event: "order.paid", order: "ord_12345", amount: 1_999, currency: "EUR" };

/** A day of a small service: so many sends, one at a time, and a pass each minute. */
export interface DayOptions {
  readonly sends: number;
  readonly keyed: boolean;
}

export interface DayCosts {
  readonly completed: number;
  /** Failures of handlers: one in a hundred messages fails once. */
  readonly retries: number;
  /** As the server counts them: each EVALSHA, and each command inside of a script. */
  readonly commands: { readonly sends: number; readonly passes: number };
  readonly requests: number;
  /** Of the queue's data at its peak, in bytes. */
  readonly peakMemory: number;
}

/**
 * Plays a day on a real server, with its real scripts; only the clock is turned, between two
 * minutes. It needs a Redis without others.
 */
export async function simulateDay(redisUrl: string, options: DayOptions): Promise<DayCosts> {
  const redis = new Redis(redisUrl, { protocol: 2 });
  const store = ioredis({ url: redisUrl });
  const queue = createQueue<typeof WEBHOOK>({
    name: newName(),
    store,
    backoff: { initial: "30 s", jitter: "none" },
  });
  await queue.send(WEBHOOK, { idempotencyKey: "of the day before" });
  await drain(queue, () => {});

  async function billed<Result>(work: () => Promise<Result>): Promise<[Result, number]> {
    await redis.config("RESETSTAT");
    const result = await work();
    return [result, readStats(await redis.info("commandstats")).commands];
  }

  let sent = 0;
  async function sendUntil(total: number): Promise<void> {
    const sends: Promise<unknown>[] = [];
    for (; sent < total; sent += 1) {
      const key = `123e4567-e89b-12d3-a456-${String(sent).padStart(12, "0")}`;
      sends.push(queue.send(WEBHOOK, options.keyed ? { idempotencyKey: key } : {}));
    }
    await Promise.all(sends);
  }

  let handled = 0;
  const pass = () =>
    drain(queue, ({ failures }) => {
      if (failures > 0) return;
      handled += 1;
      if (handled % 100 === 50) throw new Error("the one in a hundred");
    });

  const day = { completed: 0, retries: 0, requests: 0, sends: 0, passes: 0, peakMemory: 0 };
  const remembered: string[][] = [];
  for (let tick = 1; tick <= TICKS; tick += 1) {
    const [, sendCommands] = await billed(() =>
      sendUntil(Math.floor((tick * options.sends) / TICKS)),
    );
    day.sends += sendCommands;
    day.peakMemory = Math.max(day.peakMemory, await bytesOfAll(redis));
    const [report, passCommands] = await billed(pass);
    day.passes += passCommands;
    day.completed += report.completed;
    day.retries += report.retried;
    day.requests += report.requests;
    await passMinute(redis, queue.name);
    await forgetSends(redis, queue.name, remembered);
  }
  store.close();
  redis.disconnect();
  return {
    completed: day.completed,
    retries: day.retries,
    commands: { sends: day.sends, passes: day.passes },
    requests: day.requests + options.sends,
    peakMemory: day.peakMemory,
  };
}

/** Turns the clock for what waits for its retry, and for the gate; keys outlive the day. */
async function passMinute(redis: Redis, stream: string): Promise<void> {
  const key = (what: string) => `{${stream}}:xd:${stream}:${GROUP}:${what}`;
  for (const id of await redis.zrange(key("parked"), "0", "-1")) {
    await redis.zincrby(key("parked"), String(-TICK_MS * SCORE_OF_MS), id);
  }
  await redis.hdel(key("state"), "next");
}

/** Turns the clock for what `send` remembers: the server expires it by its own. */
async function forgetSends(redis: Redis, stream: string, remembered: string[][]): Promise<void> {
  const known = new Set(remembered.flat());
  const all = await redis.keys(`{${stream}}:xd:*:sent:*`);
  remembered.push(all.filter((key) => !known.has(key)));
  const old = remembered.length > REMEMBERED_TICKS ? (remembered.shift() ?? []) : [];
  if (old.length > 0) await redis.del(...old);
}
