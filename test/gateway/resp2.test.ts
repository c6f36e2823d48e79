import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { GatewayServer } from "../../src/gateway/index.ts";
import { uniqueName } from "../support/redis.ts";
import { ask, startGateway } from "./support.ts";

let gateway: GatewayServer;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const base64 = { "upstash-encoding": "base64" };
const resp2 = { "upstash-response-format": "resp2" };

describe("the answer in RESP2", () => {
  test("is what Redis sent: statuses, strings, integers, nulls, arrays", async () => {
    const key = uniqueName();
    const set = await ask(gateway, `/set/${key}/OK`, { headers: resp2 });
    expect([set.status, set.text]).toEqual([200, "+OK\r\n"]);
    expect(set.headers.get("content-type")).toBe("application/octet-stream");
    expect((await ask(gateway, `/get/${key}`, { headers: resp2 })).text).toBe("$2\r\nOK\r\n");
    const body = ["EVAL", "return {1, 'a', false, {}}", 0];
    const nested = await ask(gateway, "/", { body, headers: resp2 });
    expect(nested.text).toBe("*4\r\n:1\r\n$1\r\na\r\n$-1\r\n*0\r\n");
    const error = await ask(gateway, "/", { body: ["GET"], headers: resp2 });
    expect(error.status).toBe(400);
    expect(error.text).toBe("-ERR wrong number of arguments for 'get' command\r\n");
  });

  test("of a pipeline is its replies one after the other, refusals in their places", async () => {
    const key = uniqueName();
    const body = [
      ["INCR", key],
      ["CONFIG", "GET", "*"],
      ["INCR", key],
    ];
    const answer = await ask(gateway, "/pipeline", { body, headers: resp2 });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(":1\r\n-ERR Command is not available: 'CONFIG'\r\n:2\r\n");
  });

  test("is not given for transactions, nor in base64, and other formats are unknown", async () => {
    const body = [["PING"]];
    expect((await ask(gateway, "/multi-exec", { body, headers: resp2 })).status).toBe(400);
    expect((await ask(gateway, "/ping", { headers: { ...resp2, ...base64 } })).status).toBe(400);
    const json = { "upstash-response-format": "json" };
    expect((await ask(gateway, "/ping", { headers: json })).text).toBe('{"result":"PONG"}');
    const xml = { "upstash-response-format": "xml" };
    expect((await ask(gateway, "/ping", { headers: xml })).status).toBe(400);
    expect((await ask(gateway, "/ping", { headers: { "upstash-encoding": "hex" } })).status).toBe(
      400,
    );
  });
});
