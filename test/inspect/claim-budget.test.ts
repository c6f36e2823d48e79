import { expect, onTestFinished } from "vitest";
import { createQueue, type QueueOptions } from "../../src/index.ts";
import { type ClaimOptions, claim } from "../../src/inspect/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { groupKeys } from "../../src/redis/keys.ts";
import { commandStats } from "../support/command-stats.ts";
import { connectRaw, privateRedis, serverTest } from "../support/redis.ts";

/** What one claim by hand costs, where the server knows its script. */
async function costOf(how: {
  readonly from: "inFlight" | "parked" | "nowhere";
  readonly to: ClaimOptions["to"];
  readonly key?: string;
  readonly queue?: Partial<QueueOptions>;
}) {
  const { url } = await privateRedis();
  const redis = connectRaw(url);
  const store = ioredis({ url });
  onTestFinished(() => {
    store.close();
    redis.disconnect();
  });
  const queue = createQueue<unknown>({ name: "work", store, ...how.queue });
  const { stream, parked, keys } = groupKeys(queue.resolved.storeQueue);
  const { id } = await queue.send(1, how.key === undefined ? {} : { idempotencyKey: how.key });
  await redis.xgroup("CREATE", stream, "xdrain", "0");
  if (how.from !== "nowhere") {
    await redis.xreadgroup("GROUP", "xdrain", "xd:pass", "STREAMS", stream, ">");
  }
  if (how.key !== undefined && how.queue?.deduplicate !== true) {
    await redis.zadd(keys, (Date.now() + 60_000) * 2, how.key); // in progress, as a claim marks it
  }
  if (how.from === "parked") {
    await redis.zadd(parked, Date.now() * 1024 + 1, id);
    await redis.xack(stream, "xdrain", id);
  }
  const options = { to: how.to, force: true };
  expect(await claim(queue, "1-0", options)).toMatchObject({ outcome: "elsewhere" });
  await redis.config("RESETSTAT");
  const outcome = how.from === "nowhere" ? "elsewhere" : how.to;
  expect(await claim(queue, id, options)).toMatchObject({ outcome });
  const { evalsha, ...calls } = await commandStats(redis);
  expect(evalsha).toBe(1);
  return 1 + Object.values(calls).reduce((sum, count) => sum + count, 0);
}

const deduplicating = { deduplicate: true };

serverTest(
  "a claim by hand is one request of at most twenty-two commands, whatever waits",
  async () => {
    const costs = {
      nowhere: await costOf({ from: "nowhere", to: "parked" }),
      inFlightToParked: await costOf({ from: "inFlight", to: "parked" }),
      parkedToParked: await costOf({ from: "parked", to: "parked" }),
      inFlightToDead: await costOf({ from: "inFlight", to: "dead" }),
      parkedToDead: await costOf({ from: "parked", to: "dead" }),
      keyedToParked: await costOf({ from: "inFlight", to: "parked", key: "k" }),
      keyedToDead: await costOf({ from: "inFlight", to: "dead", key: "k" }),
      heldToDead: await costOf({ from: "inFlight", to: "dead", key: "k", queue: deduplicating }),
    };
    expect(costs).toEqual({
      nowhere: 6,
      inFlightToParked: 14,
      parkedToParked: 12,
      inFlightToDead: 18,
      parkedToDead: 16,
      keyedToParked: 16,
      keyedToDead: 20,
      heldToDead: 22,
    });
  },
);
