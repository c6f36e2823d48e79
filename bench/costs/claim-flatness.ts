import { Redis } from "ioredis";
import { createQueue, drain } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { fillStream, GROUP, newName } from "../fill.ts";
import { readStats } from "../measure.ts";
import { median } from "../statistics.ts";
import { payloadOf } from "../work.ts";

const BATCH = 100;
const PAYLOAD = payloadOf(100);
const LEASE_MS = 60_000;

export interface ClaimCosts {
  /** Microseconds of the server for claiming 100, the gate of the sweep closed: medians. */
  readonly alone: number;
  readonly waiting: number;
  readonly inFlight: number;
  /** With 100,000 in flight elsewhere: a turn with a sweep past all of them, less one without. */
  readonly sweep: number;
  /** The larger of the two over `alone`. */
  readonly flatness: number;
}

/** What claiming costs the server, whatever else the queue holds. */
export async function claimCosts(
  redisUrl: string,
  sizes: { readonly waiting: number; readonly inFlight: number; readonly claims: number },
): Promise<ClaimCosts> {
  const redis = new Redis(redisUrl, { protocol: 2 });
  const store = ioredis({ url: redisUrl });
  const few = { messages: BATCH, payload: PAYLOAD, keyed: false };

  async function prepare(messages: number) {
    const stream = newName();
    await fillStream(redis, stream, { ...few, messages });
    return createQueue<string>({ name: stream, store });
  }
  const alone = await prepare(0);
  const waiting = await prepare(sizes.waiting);
  const inFlight = await prepare(sizes.inFlight);
  await takeAll(redis, inFlight.name);

  /** One pass over 100 messages; the server's time for its first turn, which only claims. */
  async function claim(queue: typeof alone, gate: "open" | "closed"): Promise<number> {
    await addMore(redis, queue.name, few.messages);
    await setGate(redis, queue.name, gate);
    let micros = 0;
    await redis.config("RESETSTAT");
    let first = true;
    await drain(
      queue,
      async () => {
        if (!first) return;
        first = false;
        micros = readStats(await redis.info("commandstats")).scriptMicros;
      },
      { maxMessages: BATCH, batch: BATCH, prefetch: false },
    );
    return micros;
  }

  const micros: Record<"alone" | "waiting" | "inFlight" | "sweeping", number[]> = {
    alone: [],
    waiting: [],
    inFlight: [],
    sweeping: [],
  };
  for (let i = -3; i < sizes.claims; i += 1) {
    const round = {
      alone: await claim(alone, "closed"),
      waiting: await claim(waiting, "closed"),
      inFlight: await claim(inFlight, "closed"),
      sweeping: await claim(inFlight, "open"),
    };
    if (i < 0) continue; // warms up
    for (const name of ["alone", "waiting", "inFlight", "sweeping"] as const) {
      micros[name].push(round[name]);
    }
  }
  store.close();
  await redis.flushall();
  redis.disconnect();
  const medians = {
    alone: median(micros.alone),
    waiting: median(micros.waiting),
    inFlight: median(micros.inFlight),
  };
  return {
    ...medians,
    sweep: median(micros.sweeping) - medians.inFlight,
    flatness: Math.max(medians.waiting, medians.inFlight) / medians.alone,
  };
}

/** All that is there, in the hand of another pass that just took it. */
async function takeAll(redis: Redis, stream: string): Promise<void> {
  const take = `
for _ = 1, 1000 do
  if not redis.call('XREADGROUP', 'GROUP', ARGV[1], 'xd:other', 'COUNT', 1000, 'STREAMS', KEYS[1], '>') then
    return
  end
end`;
  await redis.eval(take, 1, stream, GROUP);
}

async function addMore(redis: Redis, stream: string, messages: number): Promise<void> {
  const pipeline = redis.pipeline();
  for (let i = 0; i < messages; i += 1) {
    pipeline.xadd(stream, "*", "xd:d", JSON.stringify(PAYLOAD));
  }
  await pipeline.exec();
}

/** Between two cycles the sweep waits for `next`; a time further off than the gate would open it. */
async function setGate(redis: Redis, stream: string, gate: "open" | "closed"): Promise<void> {
  const next = gate === "open" ? 0 : Date.now() + LEASE_MS / 4 - 1_000;
  await redis.hset(`{${stream}}:xd:${stream}:${GROUP}:state`, "next", next);
}
