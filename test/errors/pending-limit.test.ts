import { describe, expect, inject, onTestFinished } from "vitest";
import { createQueue, drain } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { createRedisStore } from "../../src/redis/store.ts";
import type { Transport } from "../../src/redis/transport.ts";
import { age, otherProgram, readGroup } from "../interop/foreign.ts";
import { EMPTY } from "../support/depth.ts";
import { serverTest, uniqueName } from "../support/redis.ts";

// Upstash bounds the pending list of each consumer; Redis has no such limit. Here a Redis gets one:
// the text of each script is sent with a pcall that refuses as Upstash documents it.

/** What every script gets in place of its own way to call what may fail. */
function limited(limit: number, refuse: "XREADGROUP" | "XCLAIM"): string {
  return `
    local arguments = { ... }
    if arguments[1] == "${refuse}" then
      local size, requested = 0, 0
      for i, value in ipairs(arguments) do
        if value == "COUNT" then requested = tonumber(arguments[i + 1]) end
        if string.find(value, "^%d+-%d+$") then requested = requested + 1 end
      end
      for _, info in ipairs(redis.call("XINFO", "CONSUMERS", KEYS[1], ARGV[1])) do
        if info[2] == arguments[4] then size = info[4] end
      end
      if size + requested > ${limit} then
        return { err = "ERR XReadGroup is cancelled. Pending Entries List limit per consumer is "
          .. "about to be reached. Limit: ${limit}, Current PEL size: " .. size
          .. ", Requested Read: " .. requested }
      end
    end
    return redis.pcall(...)`;
}

/** Over TCP, every script by its text, with the limit in it. */
function limitedStore(limit: number, refuse: "XREADGROUP" | "XCLAIM") {
  const redis = otherProgram(inject("redisUrl"));
  let refusals = 0;
  const transport: Transport = {
    async command([name = "", ...args]) {
      if (name === "EVALSHA") return { ok: false, message: "NOSCRIPT No matching script." };
      const [text = "", ...rest] = args;
      const changed = text.replace("return redis.pcall(...)", limited(limit, refuse));
      try {
        return { ok: true, reply: await redis.call(name, changed, ...rest) };
      } catch (error) {
        refusals += 1;
        return { ok: false, message: (error as Error).message };
      }
    },
  };
  onTestFinished(() => expect(refusals).toBe(0));
  return createRedisStore(transport);
}

describe("with a limit of pending entries for each consumer", () => {
  serverTest("a pass takes what it may, says so, and the next ones do the rest", async () => {
    const queue = createQueue<number>({
      name: uniqueName(),
      store: limitedStore(60, "XREADGROUP"),
    });
    await queue.sendBatch(Array.from({ length: 120 }, (_, n) => ({ payload: n })));
    const refused = await drain(queue, () => {}, { batch: 100 });
    expect(refused).toMatchObject({ pendingLimit: true, more: true, lost: 0, dead: 0 });
    expect(refused.completed, "a first slice to learn the size").toBe(4);
    expect(await queue.depth()).toEqual({ ...EMPTY, entries: 116 });

    const seen: number[] = [];
    const report = await drain(queue, (message) => seen.push(message.payload), { batch: 50 });
    expect(report).toMatchObject({ stopped: "empty", completed: 116, dead: 0, lost: 0 });
    expect(seen).toEqual(Array.from({ length: 116 }, (_, n) => n + 4));
  });

  serverTest("what is in hand is settled though the next claim is refused", async () => {
    const queue = createQueue<number>({
      name: uniqueName(),
      store: limitedStore(22, "XREADGROUP"),
    });
    await queue.sendBatch(Array.from({ length: 90 }, (_, n) => ({ payload: n })));
    const redis = otherProgram();
    let completed = 0;
    let refused = false;
    while (completed < 90) {
      const report = await drain(queue, () => redis.ping(), { batch: 20, concurrency: 15 });
      expect(report).toMatchObject({ lost: 0, dead: 0, retried: 0, uncertain: 0 });
      expect(report.completed).toBeGreaterThan(0);
      completed += report.completed;
      refused ||= report.pendingLimit;
    }
    expect(refused, "the turn sent ahead met the limit").toBe(true);
    expect(await queue.depth()).toEqual(EMPTY);
  });

  serverTest("a sweep that may not move more goes on when that is handed out", async () => {
    const queue = createQueue<number>({
      name: uniqueName(),
      store: limitedStore(150, "XCLAIM"),
      maxInFlight: 1_000, // then all of it is swept before it is handed out
    });
    const redis = otherProgram();
    await drain(queue, () => {});
    const sent = await queue.sendBatch(Array.from({ length: 360 }, (_, n) => ({ payload: n })));
    await readGroup(redis, queue.name, "dead", 360);
    const ids = sent.map(({ id }) => id);
    await age(redis, queue.name, "dead", ids);
    const seen: string[] = [];
    const report = await drain(queue, (message) => seen.push(message.id));
    expect(report).toMatchObject({ pendingLimit: true, stopped: "empty", lost: 0, dead: 0 });
    expect(report).toMatchObject({ reclaimed: 360, completed: 360, lostPayloads: 0 });
    expect([...seen].sort()).toEqual([...ids].sort());
    expect(await queue.depth()).toEqual(EMPTY);
  });
});

serverTest(
  "a user who may not read the stream is told so, and not that a limit is reached",
  async () => {
    await otherProgram().acl("SETUSER", "no-read", "on", ">pass", "~*", "+@all", "-xreadgroup");
    const store = ioredis({ url: inject("redisUrl").replace("//", "//no-read:pass@") });
    onTestFinished(() => store.close());
    const queue = createQueue({ name: uniqueName(), store });
    await queue.send(1);
    const pass = drain(queue, () => {});
    await expect(pass).rejects.toMatchObject({ code: "store_unauthorized" });
  },
);
