import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accessOf } from "../../src/gateway/commands.ts";
import type { GatewayServer } from "../../src/gateway/index.ts";
import { connectRaw, realRedis, uniqueName } from "../support/redis.ts";
import { ask, READER, startGateway, TOKEN } from "./support.ts";

const raw = connectRaw();
let gateway: GatewayServer;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(async () => {
  await gateway.close();
  raw.disconnect();
});

const reader = { authorization: `Bearer ${READER}` };

describe("without a good token", () => {
  const requests: [string, object][] = [
    ["/", { body: ["PING"] }],
    ["/pipeline", { body: [["PING"]] }],
    ["/multi-exec", { body: [["PING"]] }],
    ["/ping", {}],
    ["/ping/x", { raw: "x" }],
    ["/subscribe/ch", { method: "POST" }],
    ["/psubscribe/ch*", { method: "POST" }],
    ["/monitor", { method: "POST" }],
  ];
  const headers: [string, Record<string, string>][] = [
    ["none", { authorization: "" }],
    ["a wrong one", { authorization: "Bearer nonsense" }],
    ["a wrong one as long as a good one", { authorization: `Bearer ${"x".repeat(TOKEN.length)}` }],
    ["the beginning of a good one", { authorization: `Bearer ${TOKEN.slice(0, -1)}` }],
    ["a good one in another scheme", { authorization: `Basic ${TOKEN}` }],
  ];
  test.each(requests)("%s is answered 401", async (path, init) => {
    for (const [, authorization] of headers) {
      const answer = await ask(gateway, path, { ...init, headers: authorization });
      expect(answer.status).toBe(401);
      expect(answer.json).toEqual({ error: "WRONGPASS invalid or missing auth token" });
    }
  });

  test("the health of Redis may be asked", async () => {
    const answer = await ask(gateway, "/healthz", { headers: { authorization: "" } });
    expect([answer.status, answer.json]).toEqual([200, { status: "ok" }]);
  });
});

test("a token may come in the query, where it is no argument", async () => {
  const response = await fetch(`${gateway.url}/echo/hello?_token=${TOKEN}`);
  expect(await response.json()).toEqual({ result: "hello" });
  const body = await fetch(`${gateway.url}/?_token=${TOKEN}`, { method: "POST", body: '["PING"]' });
  expect(await body.json()).toEqual({ result: "PONG" });
  expect((await fetch(`${gateway.url}/ping?_token=nonsense`)).status).toBe(401);
});

test("the scheme of the header may be written in any case", async () => {
  const answer = await ask(gateway, "/ping", { headers: { authorization: `bearer ${TOKEN}` } });
  expect(answer.status).toBe(200);
});

describe("a read-only token", () => {
  test("reads", async () => {
    const key = uniqueName();
    await raw.set(key, "v");
    await raw.xadd(`${key}:s`, "1-1", "f", "v");
    const body = [
      ["GET", key],
      ["EXISTS", key],
      ["XINFO", "STREAM", `${key}:s`],
      ["XREAD", "STREAMS", `${key}:s`, "0"],
      ["OBJECT", "ENCODING", key],
      ["PING"],
      ["TYPE", key],
    ];
    const answer = await ask(gateway, "/pipeline", { body, headers: reader });
    for (const item of answer.json as object[]) expect(item).toHaveProperty("result");
    expect((await ask(gateway, `/get/${key}`, { headers: reader })).json).toEqual({ result: "v" });
  });

  const forbidden = [
    ["SET", "k", "v"],
    ["GETEX", "k", "EX", "1"],
    ["SORT", "k", "STORE", "other"],
    ["EVAL", "return 1", "0"],
    ["EVAL_RO", "return redis.call('keys', '*')", "0"],
    ["FCALL_RO", "f", "0"],
    ["SCRIPT", "LOAD", "return 1"],
    ["SCAN", "0"],
    ["KEYS", "*"],
    ["RANDOMKEY"],
    ["PUBLISH", "ch", "m"],
    ["XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">"],
    ["XGROUP", "CREATE", "s", "g", "0"],
    ["FLUSHALL"],
    ["INFO"],
  ];
  test.each(forbidden)("may not %s", async (...command) => {
    const name = /^(XGROUP|SCRIPT)$/.test(command[0]!)
      ? command.slice(0, 2).join("|")
      : command[0]!;
    const error = `NOPERM this user has no permissions to run the '${name.toLowerCase()}' command`;
    const single = await ask(gateway, "/", { body: command, headers: reader });
    expect([single.status, single.json]).toEqual([400, { error }]);
    const path = `/${command.map(encodeURIComponent).join("/").toLowerCase()}`;
    expect((await ask(gateway, path, { headers: reader })).status).toBe(400);
    const pipeline = await ask(gateway, "/pipeline", { body: [command], headers: reader });
    expect([pipeline.status, pipeline.json]).toEqual([200, [{ error }]]);
    const transaction = await ask(gateway, "/multi-exec", { body: [command], headers: reader });
    expect(transaction.status).toBe(400);
    expect(transaction.text).toContain(error);
  });

  test("may subscribe to a channel it names, but not to patterns or MONITOR", async () => {
    for (const path of ["/psubscribe/*", "/monitor"]) {
      const answer = await ask(gateway, path, { method: "POST", headers: reader });
      expect([answer.status, answer.text]).toEqual([400, expect.stringContaining("NOPERM")]);
    }
    const abort = new AbortController();
    const stream = await fetch(`${gateway.url}/subscribe/ch`, {
      headers: reader,
      signal: abort.signal,
    });
    expect(stream.status).toBe(200);
    abort.abort();
  });
});

// COMMAND's rows: name, arity, flags, first key, last key, step, ACL categories, tips, specs, subcommands.
type Row = [string, number, string[], number, number, number, string[], unknown, unknown, Row[]];

test.runIf(realRedis)(
  "the table knows every command of the server, and calls no write a read",
  async () => {
    const rows = (await raw.call("COMMAND")) as Row[];
    const leaves = rows.flatMap((row) => (row[9].length === 0 ? [row] : row[9]));
    expect(leaves.length).toBeGreaterThan(300);
    const unknown: string[] = [];
    const harmless = new Set(["PING", "ECHO", "TIME"]);
    for (const [rawName, , flags] of leaves) {
      const name = rawName.toUpperCase();
      const access = accessOf(name) ?? accessOf(name.split("|")[0]!);
      if (access === undefined && !name.endsWith("|HELP")) unknown.push(name);
      if (access !== "read" || harmless.has(name) || name.startsWith("COMMAND")) continue;
      expect(flags, name).toContain("readonly");
    }
    expect(unknown).toEqual([]);
  },
);
