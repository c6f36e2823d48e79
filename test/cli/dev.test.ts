import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, inject, onTestFinished, test } from "vitest";
import { summary } from "../../src/cli/dev/report.ts";
import { serverTest, uniqueName } from "../support/redis.ts";
import { readyIn, withRedisServer } from "./support/dev.ts";
import { overTcp, run, runBuilt, start } from "./support/run.ts";
import { scratch } from "./support/scratch.ts";

serverTest("dev starts a Redis and its REST API, and ends both", async () => {
  const { child, printed, ended } = start(["dev", "--json"], withRedisServer());
  const { services, env } = readyIn(await printed(/"ready"/));
  expect(services.map(({ name }) => name)).toEqual(["redis", "gateway"]);
  const name = uniqueName();
  const { REDIS_URL = "", ...rest } = env;
  expect(await runBuilt(["send", "-q", name, "1"], { REDIS_URL })).toMatchObject({ code: 0 });
  const overRest = { ...rest, REDIS_URL: "" };
  expect((await runBuilt(["ls", "-q", name], overRest)).stdout).toContain("ready");
  child.kill("SIGINT");
  expect(await ended).toMatchObject({ code: 0, stderr: "" });
  for (const { url } of services) expect(await accepts(url)).toBe(false);
});

serverTest("a module works on the queue, and its new code does once it is changed", async () => {
  const file = join(scratch(), "ship.js");
  const handler = (version: number) =>
    `export default ({ payload }) => { console.log("v${version} got " + payload); };`;
  writeFileSync(file, handler(1));
  const name = uniqueName();
  const args = [
    "dev",
    "--redis",
    inject("redisUrl"),
    "-q",
    name,
    "--module",
    file,
    "--every",
    "100ms",
  ];
  const { child, printed, ended } = start([...args, "--json", "--", "--concurrency", "1"]);
  await printed(/"ready"/);
  await runBuilt(["send", "-q", name, "1"]);
  await printed(/v1 got 1/);
  writeFileSync(file, handler(2));
  await printed(/"changed"/);
  await runBuilt(["send", "-q", name, "2"]);
  const all = await printed(/v2 got 2/);
  expect(all).toMatch(/"event":"pass".*"completed":1/);
  child.kill("SIGTERM");
  expect(await ended).toMatchObject({ code: 0, stderr: "" });
});

serverTest(
  "a server of one's own is started with the variables, and asked for passes",
  async () => {
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.headers.authorization);
      response
        .writeHead(200)
        .end(JSON.stringify({ queue: "orders", stopped: "empty", completed: 3 }));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/drain`;
    const command = 'echo "rest $UPSTASH_REDIS_REST_URL redis $REDIS_URL"; sleep 600';
    const env = { ...overTcp(), XDRAIN_TOKEN: "a-token-that-is-long-enough" };
    const args = ["dev", "--redis", inject("redisUrl"), "--run", command, "--tick", url];
    const { child, printed, ended } = start([...args, "--every", "100ms", "--json"], env);
    const { services } = readyIn(await printed(/"ready"/));
    await printed(new RegExp(`rest ${services[1]?.url} redis ${inject("redisUrl")}`));
    await printed(/orders: 3 completed \(empty\)/);
    expect(asked[0]).toBe("Bearer a-token-that-is-long-enough");
    child.kill("SIGINT");
    expect((await ended).code).toBe(0);
  },
);

serverTest("the dashboard of the queues that are named is served beside them", async () => {
  const args = ["dev", "--redis", inject("redisUrl"), "--show", "orders", "--json"];
  const { child, printed, ended } = start(args);
  const { services } = readyIn(await printed(/"ready"/));
  const shown = services.find(({ name }) => name === "dashboard");
  const page = await fetch(shown?.url ?? "");
  expect(await page.text()).toContain("Sign in");
  child.kill("SIGINT");
  expect(await ended).toMatchObject({ code: 0, stderr: "" });
  expect(await accepts(shown?.url ?? "")).toBe(false);
});

serverTest("a person is told the addresses and the variables", async () => {
  const { child, printed, ended } = start(["dev", "--redis", inject("redisUrl")]);
  const text = await printed(/XDRAIN_TOKEN='[\w-]+'/);
  expect(text).toMatch(/^redis +redis:\/\/127\.0\.0\.1:\d+ \(as --redis says\)$/m);
  expect(text).toMatch(/^gateway +http:\/\/127\.0\.0\.1:\d+ /m);
  expect(text).toMatch(/^ +export UPSTASH_REDIS_REST_URL='http:/m);
  child.kill("SIGINT");
  expect((await ended).code).toBe(0);
});

test.each([
  [["--module", "x.js"], {}, "Expected --queue and --module together"],
  [["--tick", "localhost"], {}, "Expected --tick"],
  [["--watch", "/nowhere"], {}, "to be there, to watch it"],
  [["--redis", "http://x"], {}, "begin with redis://"],
  [["--every", "often"], {}, "Expected --every"],
  [[], { XDRAIN_TOKEN: "short" }, "Expected XDRAIN_TOKEN"],
  [["--data", "x"], { PATH: "/nowhere" }, "Expected a redis-server or valkey-server on the PATH"],
  [["--data", "x", "--redis", "redis://x"], {}, "got the address of one"],
] as const)("dev %j with %j is refused with 2", async (args, env, text) => {
  const { code, stdout, stderr } = await run(["dev", ...args], env);
  expect(stdout).toBe("");
  expect(stderr).toContain(text);
  expect(code).toBe(2);
});

serverTest("a Redis that ends by itself ends dev with 1, and says so", async () => {
  const { printed, ended } = start(["dev", "--json"], withRedisServer());
  const { env } = readyIn(await printed(/"ready"/));
  const { port, hostname } = new URL(env.REDIS_URL ?? "");
  connect(Number(port), hostname)
    .on("error", () => {})
    .end("SHUTDOWN NOSAVE\r\n");
  const { code, stderr } = await ended;
  expect(JSON.parse(stderr)).toMatchObject({
    error: { message: "The redis-server that it started has ended." },
  });
  expect(code).toBe(1);
});

serverTest("why a pass could not be made is told as a sentence", async () => {
  const file = join(scratch(), "broken.js");
  writeFileSync(file, "syntax error");
  const args = ["dev", "--redis", inject("redisUrl"), "-q", uniqueName(), "--module", file];
  const { child, printed, ended } = start(args);
  expect(await printed(/no pass was made/)).toMatch(
    /^handler +\S+broken\.js could not be loaded: /m,
  );
  child.kill("SIGINT");
  expect((await ended).code).toBe(0);
});

test("a report that Redis failed says why", () => {
  const report = {
    queue: "orders",
    stopped: "store",
    completed: 2,
    error: { message: "It is full." },
  };
  expect(summary(report)).toBe("orders: 2 completed (store): It is full.");
  expect(summary({ ...report, completed: 0 })).toBe("orders: nothing done (store): It is full.");
});

function accepts(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
