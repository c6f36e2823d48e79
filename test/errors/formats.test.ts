import { describe, expect } from "vitest";
import { createQueue, drain, type PayloadError, type StoreError } from "../../src/index.ts";
import { otherProgram } from "../interop/foreign.ts";
import { EMPTY } from "../support/depth.ts";
import { serverTest, uniqueName } from "../support/redis.ts";
import { letTimePass } from "../support/time-travel.ts";
import { openStore, TRANSPORTS } from "../transports/stores.ts";
import { expectNothingSecret, failureOf, SECRET } from "./support.ts";

// An older library that meets newer data leaves it as it is, and says that it is too old.

const HOUR = 3_600_000;

describe.each(TRANSPORTS)("over %s", (transport) => {
  serverTest("a queue whose state has a newer format is refused and left as it is", async () => {
    const queue = createQueue({ name: uniqueName(), store: await openStore(transport) });
    const redis = otherProgram();
    await drain(queue, () => {});
    const { id } = await queue.send(SECRET);
    const state = `{${queue.name}}:xd:${queue.name}:xdrain:state`;
    await redis.hset(state, "format", "2");

    const ran: string[] = [];
    const error = await failureOf<StoreError>("store_refused", () =>
      drain(queue, (message) => ran.push(message.id)),
    );
    expect(error.message).toMatch(/format 2.*update/);
    expect(ran).toEqual([]);
    expect(await queue.depth()).toEqual({ ...EMPTY, entries: 1 });
    expect(await redis.hgetall(state)).toEqual({ format: "2" });

    await redis.hset(state, "format", "1");
    expect(await drain(queue, (message) => ran.push(message.id))).toMatchObject({ completed: 1 });
    expect(ran).toEqual([id]);
  });

  serverTest("a message of a newer format waits for a newer reader, however often", async () => {
    const queue = createQueue({
      name: uniqueName(),
      store: await openStore(transport),
      maxFailures: 2,
      maxDeliveries: 2,
    });
    const redis = otherProgram();
    const fields = ["xd:v", "2", "xd:d", `"${SECRET}"`];
    const newer = String(await redis.xadd(queue.name, "*", ...fields));
    await queue.send("readable");
    const seen: unknown[] = [];
    const first = await drain(queue, (message) => seen.push(message.payload));
    expect(first).toMatchObject({ completed: 1, released: 1, retried: 0, dead: 0 });
    expect(first.errors).toEqual([
      { id: newer, outcome: "release", error: expect.stringMatching(/format 2.*update/) },
    ]);
    expectNothingSecret(first);
    for (let pass = 0; pass < 4; pass += 1) {
      await letTimePass(redis, queue.name, HOUR);
      expect(await drain(queue, () => seen.push("ran"))).toMatchObject({ released: 1, dead: 0 });
    }
    expect(seen).toEqual(["readable"]);
    expect(await queue.depth()).toEqual({ ...EMPTY, entries: 1, parked: 1 });
    expect(await redis.xrange(queue.name, "-", "+")).toEqual([[newer, fields]]);
  });
});

serverTest("refusing a newer message costs it none of its tries", async () => {
  const queue = createQueue({ name: uniqueName(), store: await openStore("tcp") });
  const redis = otherProgram();
  await redis.xadd(queue.name, "*", "xd:v", "2", "xd:d", "1");
  for (let pass = 0; pass < 3; pass += 1) {
    await letTimePass(redis, queue.name, HOUR);
    await drain(queue, () => expect.fail("ran"));
  }
  const parked = `{${queue.name}}:xd:${queue.name}:xdrain:parked`;
  const [, score] = (await redis.call("ZRANGE", parked, 0, 0, "WITHSCORES")) as string[];
  expect(Number(score) % 1024, "deliveries that count").toBe(0);
});

describe("a payload that cannot be stored is refused before any request", () => {
  const cases: readonly [string, unknown, RegExp][] = [
    ["undefined", undefined, /JSON can hold, got undefined/],
    ["a function", () => SECRET, /JSON can hold, got function/],
    ["a BigInt", { n: 1n, SECRET }, /BigInt/],
    ["a circle", circle(), /refer to itself/],
  ];
  for (const [what, payload, expected] of cases) {
    serverTest(what, async () => {
      const queue = createQueue({ name: uniqueName(), store: await openStore("tcp") });
      const good = { payload: SECRET };
      const error = await failureOf<PayloadError>("invalid_payload", () =>
        queue.sendBatch([good, { payload }]),
      );
      expect(error.message).toMatch(expected);
      expect(await otherProgram().exists(queue.name)).toBe(0);
    });
  }

  serverTest("one byte too many", async () => {
    const store = await openStore("tcp");
    const queue = createQueue({ name: uniqueName(), store, maxPayload: 100 });
    const fits = "ü".repeat(47);
    await queue.send(fits);
    const error = await failureOf<PayloadError>("payload_too_large", () =>
      queue.sendBatch([{ payload: 1 }, { payload: `${fits}${SECRET}` }]),
    );
    expect(error.message).toMatch(/at most 100 bytes, got \d+.*maxPayload/);
    await failureOf("payload_too_large", () => queue.send(`${fits}x`));
    expect((await queue.depth()).entries).toBe(1);
  });
});

function circle(): unknown {
  const round: Record<string, unknown> = { SECRET };
  round.itself = round;
  return round;
}
