// Every family of commands through an unmodified @upstash/redis with its default options: base64,
// automatic pipelining, JSON in and out. What is asserted is what its users see.
import { Redis } from "@upstash/redis";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { GatewayServer } from "../../src/gateway/index.ts";
import { uniqueName } from "../support/redis.ts";
import { startGateway, TOKEN } from "./support.ts";

let gateway: GatewayServer;
let redis: Redis;
beforeAll(async () => {
  gateway = await startGateway();
  redis = new Redis({ url: gateway.url, token: TOKEN });
});
afterAll(() => gateway.close());

test("strings", async () => {
  const key = uniqueName();
  expect(await redis.set(key, "OK", { ex: 100 })).toBe("OK");
  expect(await redis.get(key)).toBe("OK");
  expect(await redis.set(key, "x", { nx: true })).toBeNull();
  expect(await redis.getset(key, { a: [1, "ü", null] })).toBe("OK");
  expect(await redis.get(key)).toEqual({ a: [1, "ü", null] });
  expect(await redis.mset({ [`${key}1`]: 1, [`${key}2`]: "OK" })).toBe("OK");
  expect(await redis.mget(`${key}1`, `${key}2`, `${key}3`)).toEqual([1, "OK", null]);
  expect(await redis.incrby(`${key}1`, 9)).toBe(10);
  expect(await redis.incrbyfloat(`${key}1`, 0.5)).toBe(10.5);
  expect(await redis.append(`${key}4`, "hello")).toBe(5);
  expect(await redis.getrange(`${key}4`, 1, 2)).toBe("el");
  expect(await redis.setrange(`${key}4`, 1, "E")).toBe(5);
  expect(await redis.strlen(`${key}4`)).toBe(5);
  expect(await redis.getdel(`${key}4`)).toBe("hEllo");
  expect(await redis.getex(key, { persist: true })).toEqual({ a: [1, "ü", null] });
  expect(await redis.setex(`${key}5`, 10, "v")).toBe("OK");
  expect(await redis.msetnx({ [`${key}5`]: 1 })).toBe(0);
});

test("hashes", async () => {
  const key = uniqueName();
  expect(await redis.hset(key, { a: 1, b: { c: "OK" } })).toBe(2);
  expect(await redis.hgetall(key)).toEqual({ a: 1, b: { c: "OK" } });
  expect(await redis.hget(key, "b")).toEqual({ c: "OK" });
  expect(await redis.hmget(key, "a", "none")).toEqual({ a: 1, none: null });
  expect(await redis.hincrby(key, "a", 2)).toBe(3);
  expect(await redis.hkeys(key)).toEqual(["a", "b"]);
  expect(await redis.hvals(key)).toEqual([3, { c: "OK" }]);
  expect(await redis.hlen(key)).toBe(2);
  expect(await redis.hexists(key, "a")).toBe(1);
  expect(await redis.hscan(key, 0)).toEqual(["0", ["a", 3, "b", { c: "OK" }]]);
  expect(await redis.hrandfield(key, 2)).toHaveLength(2);
  expect(await redis.hdel(key, "a", "b")).toBe(2);
  expect(await redis.hgetall(key)).toBeNull();
});

test("lists", async () => {
  const key = uniqueName();
  expect(await redis.rpush<unknown>(key, "a", { b: 1 }, "c")).toBe(3);
  expect(await redis.lrange(key, 0, -1)).toEqual(["a", { b: 1 }, "c"]);
  expect(await redis.lpos(key, "c")).toBe(2);
  expect(await redis.linsert(key, "before", "c", "x")).toBe(4);
  expect(await redis.lmove(key, `${key}2`, "left", "right")).toBe("a");
  expect(await redis.lset(key, 0, "z")).toBe("OK");
  expect(await redis.lindex(key, 0)).toBe("z");
  expect(await redis.lpop(key, 2)).toEqual(["z", "x"]);
  expect(await redis.rpop(key)).toBe("c");
  expect(await redis.llen(key)).toBe(0);
});

test("sets", async () => {
  const [a, b] = [uniqueName(), uniqueName()];
  expect(await redis.sadd<unknown>(a, "x", "y", 3)).toBe(3);
  expect(await redis.sadd<unknown>(b, "y", 3)).toBe(2);
  expect((await redis.smembers(a)).map(String).sort()).toEqual(["3", "x", "y"]);
  expect(await redis.smismember(a, ["x", "q"])).toEqual([1, 0]);
  expect(await redis.sdiff(a, b)).toEqual(["x"]);
  expect(await redis.sinterstore(`${a}i`, a, b)).toBe(2);
  expect(await redis.sunion(a, b)).toHaveLength(3);
  expect(await redis.spop(`${a}i`, 5)).toHaveLength(2);
  expect((await redis.sscan(a, 0))[0]).toBe("0");
  expect(await redis.srem(a, "x")).toBe(1);
});

test("sorted sets", async () => {
  const key = uniqueName();
  const members = [
    { score: 1, member: "a" },
    { score: 2.5, member: { b: 1 } },
  ] as const;
  expect(await redis.zadd<unknown>(key, ...members)).toBe(2);
  expect(await redis.zrange(key, 0, -1, { withScores: true })).toEqual(["a", 1, { b: 1 }, 2.5]);
  expect(await redis.zscore(key, "a")).toBe(1);
  expect(await redis.zmscore(key, ["a", "none"])).toEqual([1, null]);
  expect(await redis.zincrby(key, 4, "a")).toBe(5);
  expect(await redis.zrank(key, "a")).toBe(1);
  expect(await redis.zcount(key, "-inf", "+inf")).toBe(2);
  expect(await redis.zrange(key, "(3", "+inf", { byScore: true })).toEqual(["a"]);
  expect(await redis.zpopmax(key)).toEqual(["a", 5]);
  expect(await redis.zremrangebyrank(key, 0, -1)).toBe(1);
});

test("streams", async () => {
  const key = uniqueName();
  expect(await redis.xadd(key, "1-1", { a: "OK", b: 2 })).toBe("1-1");
  expect(await redis.xadd(key, "*", { a: "z" })).toMatch(/^\d+-\d+$/);
  expect(await redis.xlen(key)).toBe(2);
  expect(await redis.xrange(key, "-", "+", 1)).toEqual({ "1-1": { a: "OK", b: 2 } });
  expect(await redis.xgroup(key, { type: "CREATE", group: "g", id: "0" })).toBe("OK");
  const read = await redis.xreadgroup("g", "c", key, ">", { count: 1 });
  expect(read).toEqual([[key, [["1-1", ["a", "OK", "b", 2]]]]]);
  const pending = await redis.xpending(key, "g", "-", "+", 10);
  expect(pending).toEqual([["1-1", "c", expect.any(Number), 1]]);
  const claimed = await redis.xautoclaim(key, "g", "d", 0, "0-0");
  expect(claimed).toEqual(["0-0", [["1-1", ["a", "OK", "b", 2]]], []]);
  expect(await redis.xinfo(key, { type: "GROUPS" })).toHaveLength(1);
  expect(await redis.xack(key, "g", "1-1")).toBe(1);
  expect(await redis.xdel(key, "1-1")).toBe(1);
  expect(await redis.xtrim(key, { strategy: "MAXLEN", threshold: 0, exactness: "=" })).toBe(1);
  expect(await redis.xread(key, "0")).toBeNull();
});

test("geo, HyperLogLogs and bitmaps", async () => {
  const key = uniqueName();
  const palermo = { longitude: 13.361389, latitude: 38.115556, member: "Palermo" };
  expect(await redis.geoadd(key, palermo)).toBe(1);
  expect(await redis.geohash(key, "Palermo")).toEqual(["sqc8b49rny0"]);
  const [position] = await redis.geopos(key, "Palermo");
  expect(position?.lng).toBeCloseTo(13.361389, 4);
  const origin = { type: "FROMLONLAT", coordinate: { lon: 13, lat: 38 } } as const;
  const shape = { type: "BYRADIUS", radius: 100, radiusType: "KM" } as const;
  expect(await redis.geosearch(key, origin, shape, "ASC")).toEqual([{ member: "Palermo" }]);
  expect(await redis.pfadd(`${key}h`, "a", "b", "a")).toBe(1);
  expect(await redis.pfcount(`${key}h`)).toBe(2);
  expect(await redis.pfmerge(`${key}m`, `${key}h`)).toBe("OK");
  expect(await redis.setbit(`${key}b`, 7, 1)).toBe(0);
  expect(await redis.getbit(`${key}b`, 7)).toBe(1);
  expect(await redis.bitcount(`${key}b`, 0, -1)).toBe(1);
  expect(await redis.bitpos(`${key}b`, 1)).toBe(7);
  expect(await redis.bitop("not", `${key}n`, `${key}b`)).toBe(1);
  // The client cannot pipeline this one by itself.
  const single = new Redis({ url: gateway.url, token: TOKEN, enableAutoPipelining: false });
  expect(await single.bitfield(`${key}f`).set("u8", 0, 200).incrby("u8", 0, 10).exec()).toEqual([
    0, 210,
  ]);
});

test("keys and the server", async () => {
  const key = uniqueName();
  await redis.set(key, "v");
  expect(await redis.exists(key, `${key}-none`)).toBe(1);
  expect(await redis.type(key)).toBe("string");
  expect(await redis.expire(key, 100)).toBe(1);
  expect(await redis.ttl(key)).toBe(100);
  expect(await redis.pexpireat(key, Date.now() + 50_000)).toBe(1);
  expect(await redis.persist(key)).toBe(1);
  expect(await redis.rename(key, `${key}r`)).toBe("OK");
  expect(await redis.copy(`${key}r`, key)).toBe("COPIED");
  expect(await redis.keys(`${key}*`)).toHaveLength(2);
  let cursor = "0";
  const found: string[] = [];
  do {
    const [next, keys] = await redis.scan(cursor, { match: `${key}*`, count: 1000 });
    cursor = next;
    found.push(...keys);
  } while (cursor !== "0");
  expect(found.sort()).toEqual([key, `${key}r`]);
  expect(await redis.touch(key)).toBe(1);
  expect(await redis.unlink(key, `${key}r`)).toBe(2);
  expect(await redis.ping()).toBe("PONG");
  expect(await redis.echo("hello")).toBe("hello");
  expect(await redis.time()).toEqual([expect.any(Number), expect.any(Number)]);
  expect(await redis.dbsize()).toEqual(expect.any(Number));
});

test("scripts and functions", async () => {
  const key = uniqueName();
  expect(await redis.eval("return {KEYS[1], ARGV[1], 7}", [key], ["OK"])).toEqual([key, "OK", 7]);
  const script = redis.createScript<string>(`redis.call('SET', KEYS[1], ARGV[1]) return '${key}'`);
  expect(await script.exec([key], ["v"])).toBe(key);
  expect(await script.exec([key], ["v"])).toBe(key);
  const sha = await redis.scriptLoad("return 1");
  expect(await redis.scriptExists(sha)).toEqual([1]);
  expect(await redis.evalsha(sha, [], [])).toBe(1);
  expect(await redis.evalRo("return redis.call('GET', KEYS[1])", [key], [])).toBe("v");
  const library = key.replaceAll("-", "_");
  const body = `redis.register_function('${library}', function(keys, args) return args[1] end)`;
  const code = `#!lua name=${library}\n${body}`;
  expect(await redis.functions.load({ code, replace: true })).toBe(library);
  expect(await redis.functions.call(library, [], ["OK"])).toBe("OK");
  expect(await redis.functions.delete(library)).toBe("OK");
});

test("errors are the client's errors, with Redis's words", async () => {
  const key = uniqueName();
  await redis.set(key, "text");
  await expect(redis.incr(key)).rejects.toThrow("ERR value is not an integer or out of range");
  await expect(redis.lpush(key, 1)).rejects.toThrow("WRONGTYPE");
  const stranger = new Redis({ url: gateway.url, token: "nonsense" });
  await expect(stranger.get(key)).rejects.toThrow("WRONGPASS invalid or missing auth token");
});

test("concurrent calls go out as pipelines, and each gets its own answer", async () => {
  const key = uniqueName();
  const calls = Array.from({ length: 500 }, (_, index) => redis.hset(key, { [index]: index }));
  expect(await Promise.all(calls)).toEqual(calls.map(() => 1));
  const reads = Array.from({ length: 500 }, (_, index) => redis.hget(key, String(index)));
  expect(await Promise.all(reads)).toEqual(reads.map((_, index) => index));
});

test("an explicit pipeline keeps errors in their places", async () => {
  const key = uniqueName();
  const results = await redis
    .pipeline()
    .set(key, "x")
    .incr(key)
    .get(key)
    .exec({ keepErrors: true });
  expect(results).toEqual([
    { result: "OK", error: undefined },
    { result: undefined, error: "ERR value is not an integer or out of range" },
    { result: "x", error: undefined },
  ]);
});

test("clients that differ in encoding, deserialization and pipelining read the same", async () => {
  const key = uniqueName();
  const options = { url: gateway.url, token: TOKEN };
  const plain = new Redis({ ...options, responseEncoding: false });
  const rawText = new Redis({ ...options, automaticDeserialization: false });
  const single = new Redis({ ...options, enableAutoPipelining: false });
  expect(await single.set(key, { text: "ü OK" })).toBe("OK");
  expect(await plain.get(key)).toEqual({ text: "ü OK" });
  expect(await rawText.get(key)).toBe('{"text":"ü OK"}');
  expect(await single.get(key)).toEqual({ text: "ü OK" });
  expect(await single.exec(["GET", key])).toEqual({ text: "ü OK" });
});
