import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { importList } from "../../src/import-list/index.ts";
import { createQueue } from "../../src/index.ts";
import { createRedisStore } from "../../src/redis/store.ts";
import { connectRaw, privateRedis, serverTest, uniqueName } from "../support/redis.ts";
import { tcpStore } from "../support/stores.ts";
import { type Fault, faultyStore, rawTransport } from "../support/transports.ts";
import { listsInRedis, orders, payloadsOf } from "./targets.ts";

const ITEMS = 47;
const BAD = "no JSON";
/** Nobody can tell which of these was moved, so only a count can be wrong. */
const SAME = Array<string>(30).fill('"the same"');

let redis: ReturnType<typeof connectRaw>;
beforeEach(() => {
  redis = connectRaw();
  onTestFinished(() => redis.disconnect());
});

/** Imports over a faulty way; asserts that nobody can tell from the stream, the lists or the report. */
async function unharmed(faultOf: (request: number) => Fault): Promise<number> {
  const name = uniqueName("import");
  const [list, backup] = [`${name}:list`, `${name}:backup`];
  const { store, requests } = faultyStore(redis, faultOf);
  const { push, items, entries } = listsInRedis(redis, store);
  await push(backup, ...orders(3), BAD);
  await push(list, ...orders(ITEMS - 3, 3), ...SAME);
  const queue = createQueue({ name, store });
  const options = { backups: [backup], decode: "json", batch: 9 } as const;
  const report = await importList(queue, list, options);
  expect(report).toMatchObject({
    moved: ITEMS + SAME.length,
    lists: { [list]: ITEMS - 3 + SAME.length, [backup]: 3 },
    refused: 1,
    refusals: [{ list: backup, reason: "It is not JSON.", bytes: 7 }],
    stopped: "empty",
    requests: requests(),
  });
  const all = [...orders(ITEMS), ...SAME];
  expect(payloadsOf(await entries(name))).toEqual(all.map((item) => JSON.parse(item)));
  expect(await items(list)).toEqual([]);
  expect(await items(`${backup}:refused`)).toEqual([BAD]);
  return requests();
}

describe("importList over a network that loses", () => {
  test("any one request, or any one response: each item is moved and counted once", async () => {
    const whole = await unharmed(() => undefined);
    expect(whole).toBeGreaterThan(5);
    for (let lost = 1; lost <= whole; lost += 1) {
      await unharmed((request) => (request === lost ? "request lost" : undefined));
      await unharmed((request) => (request === lost ? "response lost" : undefined));
    }
  });

  test("every response at its first time: each item is moved and counted once", async () => {
    await unharmed((request) => (request % 2 === 1 ? "response lost" : undefined));
  });

  test("everything from some request on: the report tells what is known, and the next call goes on", async () => {
    await unharmed(() => undefined);
    // 47 items in nines: a look, and six slices that move some.
    for (const gone of [3, 4, 5, 6]) {
      for (const fault of ["request lost", "response lost"] as const) {
        const name = uniqueName("import");
        const { store } = faultyStore(redis, (request) => (request > gone ? fault : undefined));
        const { push, entries } = listsInRedis(redis, store);
        const list = `${name}:list`;
        await push(list, ...orders(ITEMS));
        const options = { batch: 9 };
        const report = await importList(createQueue({ name, store }), list, options);
        expect(report).toMatchObject({ stopped: "store", more: true });
        expect(report.error).toMatchObject({ code: "store_unavailable", uncertain: true });
        expect(report.moved).toBeGreaterThan(0);
        const unreported = (await entries(name)).length - report.moved;
        if (fault === "request lost") expect(unreported).toBe(0);
        else expect(unreported).toBeGreaterThan(0);

        const healthy = tcpStore();
        await importList(createQueue({ name, store: healthy }), list, options);
        healthy.close();
        const payloads = payloadsOf(await entries(name));
        expect(payloads).toEqual(orders(ITEMS).map((order) => JSON.parse(order)));
      }
    }
  });

  test("a proxy that changes texts is found out, and what it changes stays", async () => {
    const name = uniqueName("import");
    const honest = rawTransport(redis);
    let requests = 0;
    const store = createRedisStore({
      async command(args, signal) {
        requests += 1;
        const answer = await honest.command(args, signal);
        const text = JSON.stringify(answer).replaceAll("ü", "u");
        return JSON.parse(text) as typeof answer;
      },
    });
    await redis.lpush(`${name}:list`, '"fine"', '"für"', '"also fine"');
    const report = await importList(createQueue({ name, store }), `${name}:list`);
    expect(report).toMatchObject({ moved: 1, stopped: "store", more: true });
    expect(report.error?.message).toMatch(/does not come as it is/);
    expect(requests).toBeLessThan(10);
    expect(await redis.lrange(`${name}:list`, 0, -1)).toEqual(['"also fine"', '"für"']);
  });

  test("everything from the start: it throws, and nothing is moved", async () => {
    const name = uniqueName("import");
    const { store } = faultyStore(redis, () => "request lost");
    const queue = createQueue({ name, store });
    await redis.lpush(`${name}:list`, ...orders(3));
    await expect(importList(queue, `${name}:list`)).rejects.toMatchObject({
      code: "store_unavailable",
    });
    expect(await redis.llen(`${name}:list`)).toBe(3);
  });
});

describe("importList on a server that refuses", () => {
  async function openServer(args: readonly string[] = []) {
    const { url } = await privateRedis(args);
    const raw = connectRaw(url);
    const store = tcpStore(url);
    onTestFinished(() => {
      raw.disconnect();
      store.close();
    });
    return { url, raw, queue: createQueue({ name: "orders", store }) };
  }

  serverTest("a key that is no list is named, and nothing is moved", async () => {
    const { raw, queue } = await openServer();
    await raw.lpush("c1", ...orders(2));
    await raw.set("q1", "text");
    await expect(importList(queue, "q1", { backups: ["c1"] })).rejects.toMatchObject({
      code: "store_wrong_type",
      message: 'Expected "q1" to be a list, it holds a string. Nothing was moved.',
    });
    await raw.hset("orders", "field", "value");
    await expect(importList(queue, "c1")).rejects.toMatchObject({
      code: "store_wrong_type",
      message: 'Expected "orders" to be a stream, it holds a hash. Nothing was moved.',
    });
    expect(await raw.llen("c1")).toBe(2);
  });

  serverTest(
    "items that cannot be set aside, because that key holds something else, stay",
    async () => {
      const { raw, queue } = await openServer();
      await raw.lpush("q1", '"a"', "no JSON", '"b"');
      await raw.set("q1:refused", "text");
      const report = await importList(queue, "q1", { decode: "json" });
      expect(report).toMatchObject({ moved: 1, refused: 0, stopped: "store", more: true });
      expect(report.error).toMatchObject({ code: "store_wrong_type" });
      expect(await raw.lrange("q1", 0, -1)).toEqual(['"b"', "no JSON"]);
      expect(await raw.xlen("orders")).toBe(1);
    },
  );

  serverTest("a full server moves nothing, and loses nothing", async () => {
    const { raw, queue } = await openServer();
    await raw.lpush("q1", ...orders(200));
    await raw.config("SET", "maxmemory", "1");
    await expect(importList(queue, "q1")).rejects.toMatchObject({ code: "store_full" });
    await raw.config("SET", "maxmemory", "0");
    expect(await raw.llen("q1")).toBe(200);
    expect(await importList(queue, "q1")).toMatchObject({ moved: 200, stopped: "empty" });
  });

  serverTest("an account that may add and not trim doubles nothing", async () => {
    const { url, raw } = await openServer();
    await raw.acl("SETUSER", "half", "on", ">secret", "~*", "&*", "+@all", "-ltrim");
    const store = tcpStore(url.replace("redis://", "redis://half:secret@"));
    onTestFinished(() => store.close());
    await raw.lpush("q1", ...orders(20));
    const queue = createQueue({ name: "orders", store });
    await expect(importList(queue, "q1")).rejects.toMatchObject({ code: "store_unauthorized" });
    expect([await raw.llen("q1"), await raw.xlen("orders")]).toEqual([20, 0]);
  });

  serverTest("lists in another slot of a Cluster are told what to do", async () => {
    const { raw, queue } = await openServer(["--cluster-enabled", "yes"]);
    await raw.call("CLUSTER", "ADDSLOTSRANGE", 0, 16383);
    for (let up = false; !up; ) up = (await raw.cluster("INFO")).includes("cluster_state:ok");
    await raw.lpush("q1", ...orders(3));
    await expect(importList(queue, "q1")).rejects.toMatchObject({
      code: "store_cross_slot",
      message: expect.stringContaining("docs/moving-over.md"),
    });
    await raw.lpush("{orders}:q1", ...orders(3), "[");
    const report = await importList(queue, "{orders}:q1", { decode: "json" });
    expect(report).toMatchObject({ moved: 3, refused: 1 });

    // What the message says, as docs/moving-over.md has it.
    const items = await raw.dumpBuffer("q1");
    if (items !== null) await raw.restore("{orders}:q1", 0, items, "REPLACE");
    await raw.del("q1");
    expect(await importList(queue, "{orders}:q1")).toMatchObject({ moved: 3, more: false });
  });
});
