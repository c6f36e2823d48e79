import { createHash } from "node:crypto";
import { Redis } from "@upstash/redis";
import { expect, onTestFinished, test } from "vitest";
import type { GatewayServer, UpstashLike } from "../../src/gateway/index.ts";
import { createThrottle } from "../../src/gateway/upstash-like/throttle.ts";
import { connectRaw, serverTest, uniqueName } from "../support/redis.ts";
import { ask, fakeBackend, startGateway, TOKEN } from "./support.ts";

const FLAG = "#!lua flags=allow-key-locking\n";
const CERTAIN: UpstashLike = { unknownScripts: 0, staleReads: 0 };
const NOSCRIPT = "NOSCRIPT No matching script. Please use EVAL.";

async function start(likeUpstash: boolean | UpstashLike = CERTAIN): Promise<GatewayServer> {
  const gateway = await startGateway({ likeUpstash });
  onTestFinished(() => gateway.close());
  return gateway;
}

async function run(gateway: GatewayServer, ...command: unknown[]): Promise<unknown> {
  return (await ask(gateway, "/", { body: command })).json;
}

function sha1(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}

serverTest("a script may begin with the flag for key locking, and keeps its SHA", async () => {
  const gateway = await start();
  const script = `${FLAG}return ARGV[1] .. '${uniqueName()}'`;
  const result = { result: expect.stringMatching(/^x/) };
  expect(await run(gateway, "EVALSHA", sha1(script), "0", "x")).toEqual({ error: NOSCRIPT });
  expect(await run(gateway, "EVAL", script, "0", "x")).toEqual(result);
  expect(await run(gateway, "EVALSHA", sha1(script), "0", "x")).toEqual(result);
  expect(await run(gateway, "EVALSHA", sha1(script).toUpperCase(), "0", "x")).toEqual(result);

  const other = `${FLAG}return '${uniqueName()}'`;
  expect(await run(gateway, "SCRIPT", "EXISTS", sha1(other))).toEqual({ result: [0] });
  expect(await run(gateway, "SCRIPT", "LOAD", other)).toEqual({ result: sha1(other) });
  expect(await run(gateway, "SCRIPT", "EXISTS", sha1(other), sha1(script))).toEqual({
    result: [1, 1],
  });
});

serverTest("the flag may stand beside flags that Redis knows, which hold", async () => {
  const gateway = await start();
  const script = "#!lua flags=no-writes,allow-key-locking\nreturn redis.call('SET', KEYS[1], '1')";
  expect(await run(gateway, "EVAL", script, "1", uniqueName())).toEqual({
    error: expect.stringContaining("Write commands are not allowed"),
  });
});

serverTest("with the flag off the switch, Redis refuses it", async () => {
  const gateway = await startGateway();
  onTestFinished(() => gateway.close());
  expect(await run(gateway, "EVAL", `${FLAG}return 1`, "0")).toEqual({
    error: expect.stringContaining("Unexpected flag in script shebang"),
  });
});

serverTest("a flagged script touches only keys that were declared", async () => {
  const gateway = await start();
  const [declared, dynamic] = [uniqueName(), uniqueName()];
  const set = "redis.call('SET', ARGV[1], '1') return 'done'";
  expect(await run(gateway, "EVAL", FLAG + set, "1", declared, declared)).toEqual({
    result: "done",
  });
  expect(await run(gateway, "EVAL", FLAG + set, "1", declared, dynamic)).toEqual({
    error: expect.stringContaining(
      `ERR Dynamic keys are not allowed in Lua scripts when 'allow-key-locking' flag is set. Key was: ${dynamic}`,
    ),
  });
  expect(await run(gateway, "EXISTS", dynamic)).toEqual({ result: 0 });
  expect(await run(gateway, "EVAL", set, "0", dynamic)).toEqual({ result: "done" });

  const second = `${FLAG}return redis.pcall('XREAD', 'STREAMS', KEYS[1], ARGV[1], '0', '0')`;
  expect(await run(gateway, "EVAL", second, "1", uniqueName(), dynamic)).toEqual({
    error: expect.stringMatching(/^ERR Dynamic keys are not allowed/),
  });
  expect(await run(gateway, "EVAL", `${FLAG}return redis.pcall('FLUSHDB')`, "0")).toEqual({
    error: expect.stringContaining("FLUSHDB is not allowed"),
  });
  const clock = `${FLAG}return #redis.call('TIME')`;
  expect(await run(gateway, "EVAL", clock, "1", declared)).toEqual({ result: 2 });
});

serverTest("a flagged script may not declare an empty key", async () => {
  const gateway = await start();
  expect(await run(gateway, "EVAL", `${FLAG}return 1`, "2", "a", "")).toEqual({
    error: expect.stringContaining("an empty key cannot be locked"),
  });
  expect(await run(gateway, "EVAL", "return 1", "2", "a", "")).toEqual({ result: 1 });
});

serverTest("errors that end a script are wrapped, with the line they came from", async () => {
  const gateway = await start();
  const key = uniqueName();
  const traceback = "\nstack traceback:\n\t[G]: in function 'call'";
  await run(gateway, "SET", key, "text");
  const wrongType = "WRONGTYPE Operation against a key holding the wrong kind of value";
  const failing = "local x = 1\nredis.call('XLEN', KEYS[1])\nreturn x";
  const wrapped = (text: string) => ({ error: `ERR Error running script: ${text}${traceback}` });

  expect(await run(gateway, "EVAL", failing, "1", key)).toEqual(
    wrapped(`@user_script:2: ${wrongType}`),
  );
  expect(await run(gateway, "EVALSHA", sha1(failing), "1", key)).toEqual(
    wrapped(`@user_script:2: ${wrongType}`),
  );
  expect(await run(gateway, "EVAL", `${FLAG}${failing}`, "1", key)).toEqual(
    wrapped(`@user_script:3: ${wrongType}`),
  );
  expect(await run(gateway, "EVAL", "\n\nerror('of its own')", "0")).toEqual(
    wrapped("@user_script:3: of its own"),
  );
  const inFunction =
    "local function f(...) return redis.call(...) end\n\nlocal n = f('XLEN', KEYS[1])\nreturn n";
  expect(await run(gateway, "EVAL", inFunction, "1", key)).toEqual(
    wrapped(`@user_script:3: ${wrongType}`),
  );

  const items = await ask(gateway, "/pipeline", { body: [["EVAL", failing, "1", key], ["PING"]] });
  expect(items.json).toEqual([wrapped(`@user_script:2: ${wrongType}`), { result: "PONG" }]);
  const together = await ask(gateway, "/multi-exec", { body: [["EVAL", failing, "1", key]] });
  expect(together.json).toEqual([wrapped(`@user_script:2: ${wrongType}`)]);
  const raw = await ask(gateway, "/", {
    body: ["EVAL", failing, "1", key],
    headers: { "upstash-response-format": "resp2" },
  });
  const oneLine = wrapped(`@user_script:2: ${wrongType}`).error.replace("\n", " ");
  expect([raw.status, raw.text]).toEqual([400, `-${oneLine.replace("\n", " ")}\r\n`]);
});

serverTest(
  "what a script returns or catches is not wrapped, nor is an unknown script",
  async () => {
    const gateway = await start();
    const key = uniqueName();
    await run(gateway, "SET", key, "text");
    const wrongType = expect.stringMatching(/^WRONGTYPE/);
    expect(await run(gateway, "EVAL", "return redis.pcall('XLEN', KEYS[1])", "1", key)).toEqual({
      error: wrongType,
    });
    const caught = "local ok, e = pcall(redis.call, 'XLEN', KEYS[1])\nreturn {tostring(ok), e}";
    expect(await run(gateway, "EVAL", caught, "1", key)).toEqual({ result: ["false", wrongType] });
    expect(await run(gateway, "EVALSHA", sha1("nobody's"), "0")).toEqual({ error: NOSCRIPT });
  },
);

serverTest("a script's lists, digits, nothing and status come back as they would", async () => {
  const gateway = await start();
  const script = "return {1, 'two', {redis.status_reply('OK')}, false, #ARGV, redis.sha1hex('')}";
  expect(await run(gateway, "EVAL", script, "0", "a", "b")).toEqual({
    result: [1, "two", ["OK"], null, 2, sha1("")],
  });
  expect(await run(gateway, "EVAL", "-- nothing but a comment", "0")).toEqual({ result: null });
});

serverTest("a consumer's pending messages are limited, in XREADGROUP and in scripts", async () => {
  const gateway = await start({ ...CERTAIN, pendingLimit: 100 });
  const stream = uniqueName();
  await run(gateway, "XGROUP", "CREATE", stream, "g", "0", "MKSTREAM");
  const adds = Array.from({ length: 120 }, () => ["XADD", stream, "*", "n", "1"]);
  await ask(gateway, "/pipeline", { body: adds });
  const read = (count: number, consumer = "c", id = ">") => [
    "XREADGROUP",
    ...["GROUP", "g", consumer, "COUNT", String(count), "STREAMS", stream, id],
  ];
  const refusal =
    "ERR XReadGroup is cancelled. Pending Entries List limit per consumer is about to be reached." +
    " Limit: 100, Current PEL size: 90, Requested Read: 20";

  expect(await run(gateway, ...read(90))).toEqual({
    result: [[stream, expect.objectContaining({ length: 90 })]],
  });
  expect(await run(gateway, ...read(20))).toEqual({ error: refusal });
  const items = await ask(gateway, "/pipeline", { body: [read(20)] });
  expect(items.json).toEqual([{ error: refusal }]);
  const inScript = "return redis.pcall(unpack(ARGV))";
  expect(await run(gateway, "EVAL", inScript, "1", stream, ...read(20))).toEqual({
    error: refusal,
  });
  const raised = "return redis.call(unpack(ARGV))";
  expect(await run(gateway, "EVAL", raised, "1", stream, ...read(20))).toEqual({
    error: expect.stringContaining(`: ${refusal}\nstack`),
  });

  expect(await run(gateway, ...read(20, "c", "0"))).toHaveProperty("result.0.0", stream);
  expect(await run(gateway, ...read(20, "another"))).toHaveProperty("result.0.0", stream);
  expect(await run(gateway, ...read(10))).toHaveProperty("result.0.0", stream);
  expect(await run(gateway, ...read(1, "third"))).toEqual({ result: null });
});

serverTest("trimming about so many leaves exactly so many, in scripts too", async () => {
  const gateway = await start();
  const stream = uniqueName();
  const add = ["XADD", stream, "*", "n", "1"];
  const length = () => run(gateway, "XLEN", stream);
  const fill = () => ask(gateway, "/pipeline", { body: Array.from({ length: 150 }, () => add) });

  await fill();
  const trim = ["XTRIM", stream, "MAXLEN", "~", "30", "LIMIT", "100"];
  expect(await run(gateway, ...trim)).toEqual({ result: 120 });
  await fill();
  const trimming = ["XADD", stream, "NOMKSTREAM", "MAXLEN", "~", "40", "*", "~", "~"];
  expect(await run(gateway, ...trimming)).toEqual({ result: expect.stringMatching(/^\d+-\d+$/) });
  expect(await length()).toEqual({ result: 40 });
  await fill();
  const script = `${FLAG}return redis.call('XTRIM', KEYS[1], 'MAXLEN', '~', 25)`;
  expect(await run(gateway, "EVAL", script, "1", stream)).toEqual({ result: 165 });
  expect(await length()).toEqual({ result: 25 });
  await run(gateway, "XADD", stream, "*", "MAXLEN", "~");
  expect(await length()).toEqual({ result: 26 });
});

test("a request over 10 MB is refused in Upstash's words, whatever the gateway's own limit", async () => {
  const gateway = await start();
  const answer = await ask(gateway, "/", { body: ["ECHO", "x".repeat(10 * 1024 * 1024)] });
  expect(answer.json).toEqual({
    error: expect.stringMatching(/^ERR max request size exceeded\. Limit: 10485760 bytes/),
  });
  await expect(
    startGateway({ likeUpstash: true, maxRequestBytes: 20 * 1024 * 1024 }),
  ).rejects.toMatchObject({ code: "bad_option" });
});

test("more commands than a second takes wait, and are not refused", async () => {
  let time = 0;
  const waits: number[] = [];
  const clock = {
    now: () => time,
    async sleep(ms: number) {
      waits.push(ms);
    },
  };
  const backend = fakeBackend();
  const gateway = await startGateway({
    redis: backend,
    likeUpstash: { ...CERTAIN, commandsPerSecond: 10, clock },
  });
  onTestFinished(() => gateway.close());
  const pings = (count: number) =>
    ask(gateway, "/pipeline", { body: Array.from({ length: count }, () => ["PING"]) });
  await pings(10);
  expect(waits).toEqual([]);
  expect((await pings(5)).status).toBe(200);
  expect(await run(gateway, "PING")).toEqual({ result: "PONG" });
  time = 5000;
  await pings(10);
  expect(waits).toEqual([500, 600]);
  expect(backend.seen).toHaveLength(26);
});

test("who is throttled longer than a burst pays for each command", async () => {
  const waits: number[] = [];
  const sleep = async (ms: number) => void waits.push(ms);
  const throttle = createThrottle(1000, { now: () => 0, sleep });
  for (let index = 0; index < 4; index += 1) await throttle(500);
  expect(waits).toEqual([500, 1000]);
});

serverTest("a replica may not know a script that was loaded, and knows it later", async () => {
  let chance = 0.99;
  const gateway = await start({ unknownScripts: 0.5, staleReads: 0, random: () => chance });
  const script = `return '${uniqueName()}'`;
  await run(gateway, "EVAL", script, "0");
  chance = 0.1;
  expect(await run(gateway, "EVALSHA", sha1(script), "0")).toEqual({ error: NOSCRIPT });
  expect(await run(gateway, "EVAL", script, "0")).toHaveProperty("result");
  const items = await ask(gateway, "/pipeline", { body: [["EVALSHA", sha1(script), "0"]] });
  expect(items.json).toEqual([{ error: NOSCRIPT }]);
  chance = 0.99;
  expect(await run(gateway, "EVALSHA", sha1(script), "0")).toHaveProperty("result");
});

serverTest("a script that somebody else loaded into this Redis is not known here", async () => {
  const gateway = await start();
  const raw = connectRaw();
  onTestFinished(() => raw.disconnect());
  const sha = String(await raw.script("LOAD", `return '${uniqueName()}'`));
  expect(await run(gateway, "EVALSHA", sha, "0")).toEqual({ error: NOSCRIPT });
});

serverTest("plain reads may be as of some writes ago; scripts and transactions never", async () => {
  let chance = 0.99;
  const gateway = await start({ unknownScripts: 0, staleReads: 0.5, random: () => chance });
  const key = uniqueName();
  const get = ["GET", key];
  await run(gateway, "SET", key, "old");
  expect(await run(gateway, ...get)).toEqual({ result: "old" });
  await run(gateway, "SET", key, "new");
  chance = 0.1;
  expect(await run(gateway, ...get)).toEqual({ result: "old" });
  expect((await ask(gateway, "/pipeline", { body: [get] })).json).toEqual([{ result: "old" }]);

  const script = ["EVAL", "return redis.call('GET', KEYS[1])", "1", key];
  expect(await run(gateway, ...script)).toEqual({ result: "new" });
  expect((await ask(gateway, "/multi-exec", { body: [get] })).json).toEqual([{ result: "new" }]);
  const mixed = await ask(gateway, "/pipeline", { body: [["SET", key, "newer"], get] });
  expect(mixed.json).toEqual([{ result: "OK" }, { result: "newer" }]);
  chance = 0.99;
  expect(await run(gateway, ...get)).toEqual({ result: "newer" });
});

serverTest("a client that shows its sync token reads what it wrote", async () => {
  let chance = 0.99;
  const gateway = await start({ unknownScripts: 0, staleReads: 0.5, random: () => chance });
  const key = uniqueName();
  const clients = [true, false].map(
    (readYourWrites) =>
      new Redis({ url: gateway.url, token: TOKEN, readYourWrites, enableAutoPipelining: false }),
  );
  for (const client of clients) {
    await client.set(key, "old");
    await client.get(key);
  }
  await ask(gateway, `/get/${key}`);
  const read: unknown[] = [];
  for (const client of clients) {
    chance = 0.1;
    await client.set(key, "new");
    read.push(await client.get(key));
  }
  expect(read).toEqual(["new", "old"]);
});

test("settings that make no sense are refused", async () => {
  const wrong: UpstashLike[] = [
    { pendingLimit: 0 },
    { commandsPerSecond: 0.5 },
    { unknownScripts: 2 },
    { staleReads: Number.NaN },
  ];
  for (const likeUpstash of wrong) {
    const [name] = Object.keys(likeUpstash);
    await expect(startGateway({ likeUpstash })).rejects.toMatchObject({
      code: "bad_option",
      message: expect.stringContaining(`likeUpstash.${name}`),
    });
  }
});
