import { connect } from "node:net";
import { expect } from "vitest";
import { serverTest, uniqueName } from "../support/redis.ts";
import { tcpQueue } from "../support/stores.ts";
import { overTcp, runBuilt, runBuiltJson, start } from "./support/run.ts";

serverTest(
  "a gateway says where it is, serves with the token that it drew, and ends on a signal",
  async () => {
    const { child, printed, ended } = start(["gateway", "--json"]);
    const { url, token } = JSON.parse(await printed(/\n/)) as { url: string; token: string };
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(token).toMatch(/^[\w-]{32}$/);
    const name = uniqueName();
    const env = { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token };
    expect(await runBuilt(["send", "-q", name, "1"], env)).toMatchObject({ code: 0 });
    expect((await tcpQueue({ name }).depth()).entries).toBe(1);
    child.kill("SIGTERM");
    expect(await ended).toMatchObject({ code: 0, stderr: "" });
    expect(await accepts(Number(new URL(url).port))).toBe(false);
  },
);

serverTest(
  "the token of XDRAIN_TOKEN is taken and not printed; read-only refuses what writes",
  async () => {
    const token = "a-token-that-is-long-enough";
    const { child, printed, ended } = start(["gateway", "--read-only"], {
      ...overTcp(),
      XDRAIN_TOKEN: token,
    });
    const text = await printed(/XDRAIN_TOKEN/);
    expect(text).not.toContain(token);
    const url = /URL=(\S+)/.exec(text)?.[1] ?? "";
    const env = { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token };
    const { code, stderr } = await runBuiltJson(["send", "-q", uniqueName(), "1"], env);
    expect(code).toBe(1);
    expect(stderr).toContain("NOPERM");
    expect(stderr).not.toContain(token);
    child.kill("SIGINT");
    expect((await ended).code).toBe(0);
  },
);

serverTest("what a gateway cannot be told is refused with 2", async () => {
  for (const [args, env, text] of [
    [[], {}, "Expected --redis"],
    [["--redis", "http://:hidden@x"], {}, "Expected the Redis URL"],
    [["--port", "99999"], overTcp(), "Expected --port"],
    [[], { ...overTcp(), XDRAIN_TOKEN: "short" }, "Expected XDRAIN_TOKEN"],
  ] as const) {
    const { code, stdout, stderr } = await runBuilt(["gateway", ...args], env);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(text);
    expect(stderr).not.toContain("hidden");
  }
});

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
