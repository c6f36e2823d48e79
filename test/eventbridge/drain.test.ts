import type { Redis } from "ioredis";
import { expect } from "vitest";
import { createQueue } from "../../src/index.ts";
import { groupKeys } from "../../src/redis/keys.ts";
import { lambda, work } from "../../src/runtimes/lambda/index.ts";
import { contextWith } from "../runtimes/lambda-events.ts";
import { connectRaw, serverTest, uniqueName } from "../support/redis.ts";
import { tcpStore } from "../support/stores.ts";
import { letTimePass } from "../support/time-travel.ts";
import { bridgeTo, doubleFor, TARGET } from "./support.ts";

// The whole way: a Lambda that drains a real Redis, and is woken by the schedules that it asks for.

/** The same for messages that are not due yet. */
async function letDelaysPass(redis: Redis, stream: string, ms: number): Promise<void> {
  const { delayed } = groupKeys({ stream, group: "", deadLetterStream: undefined });
  const ids = (await redis.call("ZRANGE", delayed, "0", "-1")) as string[];
  for (const id of ids) await redis.zincrby(delayed, String(-ms), id);
}

/** A function whose first try of each message fails, and which tries again after three minutes. */
async function wokenFunction(expression = "rate(1 hour)") {
  const store = tcpStore();
  const redis = connectRaw();
  const name = uniqueName("woken");
  const queue = createQueue<number>({
    name,
    store,
    backoff: { initial: "3 m", jitter: "none" },
  });
  const handled: string[] = [];
  const drainAll = lambda({
    queues: () =>
      work(queue, ({ payload, failures }) => {
        handled.push(`${payload}:${failures}`);
        if (failures === 0) throw new Error("Not yet.");
      }),
  });
  const invoke = async (event: unknown) => {
    const result = await drainAll(event, contextWith(60_000));
    if (!("reports" in result)) return expect.fail("It was no drain.");
    return bridge.afterPass(result.reports);
  };
  const start = Date.now();
  const double = await doubleFor({ start, invoke });
  const target = { ...TARGET, input: { queue: name } };
  const bridge = bridgeTo(double, { name, target, expression });
  await bridge.ensureSchedule();
  return {
    ...{ queue, handled, invoke, double, name },
    /** Time goes on for both, the service and Redis. */
    async letTimePassTo(instant: Date) {
      const ms = instant.getTime() - double.now();
      await letTimePass(redis, name, ms);
      await letDelaysPass(redis, name, ms);
      await double.advanceTo(instant.getTime());
    },
    close() {
      redis.disconnect();
      store.close();
    },
  };
}

serverTest(
  "a message that waits for its retry is drained in the minute in which it is due",
  async () => {
    const { queue, handled, invoke, double, name, letTimePassTo, close } = await wokenFunction();
    await queue.sendBatch([{ payload: 1 }, { payload: 2 }]);
    const sentAt = Date.now();
    const { wake } = await invoke({ queue: name });
    const at = wake?.at ?? expect.fail("It asked for no wake.");
    expect(wake?.created).toBe(true);
    expect(at.getTime()).toBeGreaterThanOrEqual(sentAt + 180_000);
    expect(at.getTime()).toBeLessThanOrEqual(Date.now() + 180_000 + 60_000);
    expect(handled).toEqual(["1:0", "2:0"]);

    await letTimePassTo(new Date(at.getTime() - 1));
    expect(double.invocations).toEqual([]);
    await letTimePassTo(at);
    expect(double.invocations).toMatchObject([{ schedule: wake?.name, payload: { queue: name } }]);
    expect(handled).toEqual(["1:0", "2:0", "1:1", "2:1"]);
    expect(await queue.depth()).toMatchObject({ entries: 0, parked: 0, inFlight: 0 });
    // The wake is gone, and nothing asked for another: the next is the hour's own tick.
    expect([...double.schedules.keys()]).toEqual([`default/${name}`]);
    close();
  },
);

serverTest(
  "passes that overlap ask for one wake, and the message runs once more, not twice",
  async () => {
    const { queue, handled, invoke, double, name, letTimePassTo, close } = await wokenFunction();
    await queue.send(1);
    const asked = [await invoke({ queue: name }), await invoke({}), await invoke(undefined)];
    const at = asked[0]?.wake?.at ?? expect.fail("It asked for no wake.");
    expect(asked.map(({ wake }) => wake)).toMatchObject([
      { at, created: true },
      { at, created: false },
      { at, created: false },
    ]);
    await letTimePassTo(new Date(at.getTime() + 60_000));
    expect(double.invocations).toHaveLength(1);
    expect(handled).toEqual(["1:0", "1:1"]);
    close();
  },
);

serverTest(
  "a message that is due after the next tick asks for no wake: a tick drains it",
  async () => {
    const { queue, handled, invoke, double, name, letTimePassTo, close } =
      await wokenFunction("rate(2 minutes)");
    const start = double.now();
    await queue.send(1);
    expect(await invoke({ queue: name })).toEqual({ cadence: "unchanged", wake: undefined });
    for (const minutes of [2, 4]) await letTimePassTo(new Date(start + minutes * 60_000));
    expect(handled).toEqual(["1:0", "1:1"]);
    expect(double.invocations.map(({ schedule }) => schedule)).toEqual([name, name]);
    expect(await queue.depth()).toMatchObject({ entries: 0, parked: 0 });
    close();
  },
);

serverTest(
  "a delayed message is drained in the minute in which it is due, and a cancelled one never",
  async () => {
    const { queue, handled, invoke, double, name, letTimePassTo, close } = await wokenFunction();
    const sentAt = Date.now();
    await queue.send(2, { delay: "10 m" });
    await queue.send(1, { delay: "4 m" });
    const { id } = await queue.send(3, { delay: "2 m" });
    expect(await queue.cancel(id)).toBe(true);
    const { wake } = await invoke({ queue: name });
    const at = wake?.at ?? expect.fail("It asked for no wake.");
    expect(at.getTime()).toBeGreaterThanOrEqual(sentAt + 240_000);
    expect(at.getTime()).toBeLessThanOrEqual(Date.now() + 240_000 + 60_000);
    expect(handled).toEqual([]);

    await letTimePassTo(new Date(at.getTime() - 1));
    expect(double.invocations).toEqual([]);
    await letTimePassTo(at);
    expect(double.invocations).toMatchObject([{ schedule: wake?.name, payload: { queue: name } }]);
    expect(handled).toEqual(["1:0"]);
    // The other one is not due yet; the cancelled one is gone.
    expect(await queue.depth()).toMatchObject({ delayed: 1, entries: 1, parked: 1 });
    close();
  },
);
