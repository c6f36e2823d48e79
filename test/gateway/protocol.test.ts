import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { GatewayServer } from "../../src/gateway/index.ts";
import { connectRaw, uniqueName } from "../support/redis.ts";
import { ask, startGateway } from "./support.ts";

const raw = connectRaw();
let gateway: GatewayServer;

beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(async () => {
  await gateway.close();
  raw.disconnect();
});

const base64 = { "upstash-encoding": "base64" };
const encode = (text: string | Buffer) => Buffer.from(text).toString("base64");

describe("a command in the body", () => {
  test("is answered with its result", async () => {
    const key = uniqueName();
    const answer = await ask(gateway, "/", { body: ["SET", key, "bar", "EX", 100] });
    expect([answer.status, answer.text]).toEqual([200, '{"result":"OK"}']);
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(await raw.ttl(key)).toBe(100);
    expect((await ask(gateway, "/", { body: ["get", key] })).text).toBe('{"result":"bar"}');
    expect((await ask(gateway, "/", { body: ["get", `${key}-none`] })).text).toBe(
      '{"result":null}',
    );
    expect((await ask(gateway, "/", { method: "PUT", body: ["GET", key] })).status).toBe(200);
  });

  test("that Redis refuses is answered 400 with Redis's own words", async () => {
    const answer = await ask(gateway, "/", { body: ["GET"] });
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual({ error: "ERR wrong number of arguments for 'get' command" });
  });

  test.each([
    ["an empty body", "", "ERR expected a JSON array, got an empty body"],
    ["invalid JSON", "[", "ERR expected a JSON array, got invalid JSON"],
    ["an object", "{}", "ERR expected JSON array"],
    ["an empty array", "[]", "ERR empty command"],
    ["an empty name", '[""]', "ERR empty command"],
    ["null", '["SET","k",null]', "ERR unsupported arg type: null"],
    ["an array", '[["SET"]]', "ERR unsupported arg type: array"],
    ["an object inside", '["SET","k",{}]', "ERR unsupported arg type: object"],
  ])("that is %s is answered 400", async (_what, body, error) => {
    const answer = await ask(gateway, "/", { method: "POST", raw: body });
    expect([answer.status, answer.json]).toEqual([400, { error }]);
  });

  test("keeps numbers as the client wrote them", async () => {
    const key = uniqueName();
    const numbers = "12345678901234567890, 1.50, 7, -3, true, 9007199254740993";
    await ask(gateway, "/", { raw: `["RPUSH", "${key}", ${numbers}]` });
    expect(await raw.lrange(key, 0, -1)).toEqual([
      ...["12345678901234567890", "1.50", "7", "-3", "true", "9007199254740993"],
    ]);
  });

  test("gets 64-bit integers back exactly, also inside arrays", async () => {
    const key = uniqueName();
    await raw.set(key, "9223372036854775806");
    const answer = await ask(gateway, "/", { body: ["INCR", key] });
    expect(answer.text).toBe('{"result":9223372036854775807}');
    const nested = await ask(gateway, "/", { body: ["EVAL", "return {1, {-5}}", 0] });
    expect(nested.text).toBe('{"result":[1,[-5]]}');
  });
});

describe("a command in the path", () => {
  test("takes its arguments from the segments, decoded", async () => {
    const key = `${uniqueName()}/a b`;
    const path = encodeURIComponent(key);
    expect((await ask(gateway, `/set/${path}/caf%C3%A9%2F1/EX/100`)).text).toBe('{"result":"OK"}');
    expect(await raw.get(key)).toBe("café/1");
    expect((await ask(gateway, `/GET/${path}`)).json).toEqual({ result: "café/1" });
    expect((await ask(gateway, `/get/${path}/`)).json).toEqual({ result: "café/1" });
  });

  test("takes a POST body as its last argument, byte for byte, then the query", async () => {
    const key = uniqueName();
    const bytes = Uint8Array.from([0, 255, 254, 10, 13, 128]);
    const answer = await ask(gateway, `/set/${key}?EX=100&NX`, { raw: bytes });
    expect(answer.text).toBe('{"result":"OK"}');
    expect(await raw.getBuffer(key)).toEqual(Buffer.from(bytes));
    expect(await raw.ttl(key)).toBe(100);
    expect((await ask(gateway, `/set/${key}?NX`, { raw: bytes })).text).toBe('{"result":null}');
    const put = await ask(gateway, `/append/${key}`, { method: "PUT", raw: "!" });
    expect(put.text).toBe('{"result":7}');
  });

  test("may be a POST without a body", async () => {
    const answer = await ask(gateway, `/get/${uniqueName()}`, { method: "POST" });
    expect(answer.text).toBe('{"result":null}');
  });

  test("is answered to HEAD without a body", async () => {
    const answer = await ask(gateway, `/get/${uniqueName()}`, { method: "HEAD" });
    expect([answer.status, answer.text]).toEqual([200, ""]);
  });

  test("that is not percent-encoded UTF-8, or empty, is answered 400", async () => {
    expect((await ask(gateway, "/get/%ff")).status).toBe(400);
    expect((await ask(gateway, "/")).json).toEqual({ error: "ERR empty command" });
  });
});

describe("a pipeline", () => {
  test("answers each command in its place, errors too", async () => {
    const key = uniqueName();
    const answer = await ask(gateway, "/pipeline", {
      body: [
        ["SET", key, "x"],
        ["INCR", key],
        ["CONFIG", "GET", "*"],
        ["GET", key],
      ],
    });
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual([
      { result: "OK" },
      { error: "ERR value is not an integer or out of range" },
      { error: "ERR Command is not available: 'CONFIG'" },
      { result: "x" },
    ]);
  });

  test("of a thousand commands keeps their order", async () => {
    const key = uniqueName();
    const body = Array.from({ length: 1000 }, () => ["INCR", key]);
    const answer = await ask(gateway, "/pipeline", { body });
    expect(answer.json).toEqual(body.map((_, index) => ({ result: index + 1 })));
  });

  test.each([
    ["[]", "ERR empty pipeline request"],
    ['["GET","k"]', "ERR expected an array of commands, each an array"],
    ["[[]]", "ERR empty command"],
    ['"x"', "ERR expected JSON array"],
  ])("that is %s is answered 400 as a whole", async (body, error) => {
    const answer = await ask(gateway, "/pipeline", { raw: body });
    expect([answer.status, answer.json]).toEqual([400, { error }]);
  });
});

describe("the answer in base64", () => {
  test("encodes every string at every depth, but not the reply OK", async () => {
    const key = uniqueName();
    const set = await ask(gateway, "/", { body: ["SET", key, "OK"], headers: base64 });
    expect(set.text).toBe('{"result":"OK"}');
    const script = "return {'a', {'b', 7, {'OK'}}, false, redis.status_reply('OK')}";
    const nested = await ask(gateway, "/", { body: ["EVAL", script, 0], headers: base64 });
    const ok = encode("OK");
    expect(nested.json).toEqual({ result: [encode("a"), [encode("b"), 7, [ok]], null, ok] });
    const pipeline = await ask(gateway, "/pipeline", {
      body: [["PING"], ["MGET", key, key]],
      headers: base64,
    });
    expect(pipeline.json).toEqual([{ result: encode("PONG") }, { result: [ok, ok] }]);
  });

  test("keeps bytes that are not UTF-8, which plain JSON cannot", async () => {
    const key = uniqueName();
    const bytes = Buffer.from([0x80, 0xff, 0x00, 0xc3]);
    await raw.set(key, bytes);
    const kept = await ask(gateway, `/get/${key}`, { headers: base64 });
    expect(kept.json).toEqual({ result: bytes.toString("base64") });
    const replaced = await ask(gateway, `/get/${key}`);
    expect(replaced.json).toEqual({ result: "\u{fffd}\u{fffd}\0\u{fffd}" });
  });

  test("leaves errors readable", async () => {
    const answer = await ask(gateway, "/", { body: ["GET"], headers: base64 });
    expect(answer.json).toEqual({ error: "ERR wrong number of arguments for 'get' command" });
  });
});

describe("every answer", () => {
  test("carries a sync token of its own, and the client may send one back", async () => {
    const first = (await ask(gateway, "/ping")).headers.get("upstash-sync-token");
    const headers = { "upstash-sync-token": first ?? "" };
    const second = (await ask(gateway, "/ping", { headers })).headers.get("upstash-sync-token");
    expect(first).toBeTruthy();
    expect(second).toBeTruthy();
    expect(second).not.toBe(first);
  });

  test("to a wrong method is 405, to a path below an endpoint 404", async () => {
    for (const method of ["DELETE", "PATCH", "OPTIONS"]) {
      const answer = await ask(gateway, "/get/k", { method });
      expect(answer.status).toBe(405);
      expect(answer.headers.get("allow")).toBe("HEAD, GET, POST, PUT");
    }
    expect((await ask(gateway, "/pipeline")).status).toBe(405);
    expect((await ask(gateway, "/multi-exec")).status).toBe(405);
    expect((await ask(gateway, "/pipeline/more", { body: [["PING"]] })).status).toBe(404);
  });
});

test("a script with Upstash's flag gets plain Redis's error, untouched, and SHAs stay Redis's", async () => {
  const flagged = "#!lua flags=allow-key-locking\nreturn 1";
  const answer = await ask(gateway, "/", { body: ["EVAL", flagged, 0] });
  expect(answer.status).toBe(400);
  expect(answer.text).toContain("Unexpected flag in script shebang: allow-key-locking");
  const script = `return '${uniqueName()}'`;
  const loaded = await ask(gateway, "/", { body: ["SCRIPT", "LOAD", script] });
  expect(loaded.json).toEqual({ result: await raw.script("LOAD", script) });
  const missing = await ask(gateway, "/", { body: ["EVALSHA", "0".repeat(40), 0] });
  expect(missing.json).toEqual({ error: "NOSCRIPT No matching script. Please use EVAL." });
});
