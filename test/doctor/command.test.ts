import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { runProgram } from "../../src/cli/program.ts";
import { serveGateway } from "../../src/gateway/index.ts";
import { connectRaw, privateRedis, serverTest } from "../support/redis.ts";
import { HEALTHY, openPatient, WAYS, type Way } from "./support.ts";

type Env = Readonly<Record<string, string>>;

/** Runs the program with these arguments, where nothing is a terminal. */
async function run(args: readonly string[], env: Env, signal = new AbortController().signal) {
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const printed = Promise.all([text(output), text(errors)]);
  const code = await runProgram(args, { env, input, output, errors, signal });
  output.end();
  errors.end();
  const [stdout, stderr] = await printed;
  return { code, stdout, stderr };
}

async function envOf(way: Way, url: string): Promise<Env> {
  if (way === "TCP") return { REDIS_URL: url };
  const gateway = await serveGateway({ redis: url, token: "a-token", stopTimeoutMs: 100 });
  onTestFinished(() => gateway.close());
  return { UPSTASH_REDIS_REST_URL: gateway.url, UPSTASH_REDIS_REST_TOKEN: "a-token" };
}

for (const way of WAYS) {
  serverTest(`over ${way}, warnings alone end well, and a problem does not`, async () => {
    const { url, call } = await openPatient(way);
    const env = await envOf(way, url);
    const well = await run(["doctor", "-q", "orders", "--watch", "10ms"], env);
    expect(well).toMatchObject({ code: 0, stderr: "" });
    expect(well.stdout).toMatch(
      /^orders: \d warnings?\.\n\nWARNING {2}Redis has no replica\. \[no-/,
    );
    expect(well.stdout).toMatch(/\n {9}\$ redis-cli -h REPLICA REPLICAOF HOST PORT/);

    await call("EXPIRE", "orders", 3_600);
    const ill = await run(["doctor", "-q", "orders", "--watch", "0", "--json"], env);
    expect(ill.code).toBe(1);
    const told = JSON.parse(ill.stdout);
    expect(told).toMatchObject({ queue: "orders", healthy: false });
    expect(told.findings[0]).toMatchObject({
      id: "queue-expires",
      severity: "problem",
      mend: "redis-cli PERSIST orders",
    });
    expect(told.unseen.length).toBe(way === "TCP" ? 0 : 3);
  });

  serverTest(
    `over ${way}, the conformance of a server is told, for people and programs`,
    async () => {
      const { url } = await privateRedis();
      const env = await envOf(way, url);
      const shown = await run(["doctor", "--conformance"], env);
      expect(shown).toMatchObject({ code: 0, stderr: "" });
      expect(shown.stdout).toMatch(/^server +Redis \d/);
      expect(shown.stdout).toMatch(/\nkept {4}A payload comes back byte for byte\.\n/);
      expect(shown.stdout).toMatch(/\nAll \d+ promises that were tried are kept\.\n$/);
      const told = JSON.parse((await run(["doctor", "--conformance", "--json"], env)).stdout);
      expect(told).toMatchObject({ interrupted: false });
      const redis = connectRaw(url);
      onTestFinished(() => redis.disconnect());
      expect(await redis.dbsize()).toBe(0);
    },
  );
}

serverTest("a hand-written group on a plain stream is examined by its name", async () => {
  const { url, call } = await openPatient("TCP");
  await call("XADD", "events", "*", "a", "1");
  const args = ["doctor", "--stream", "events", "--group", "workers", "--watch", "0", "--json"];
  const missing = await run(args, { REDIS_URL: url });
  expect(missing.code).toBe(1);
  expect(missing.stdout).toContain("group-missing");
  await call("XGROUP", "CREATE", "events", "workers", "0");
  expect(await run(args, { REDIS_URL: url })).toMatchObject({
    code: 0,
    stdout: expect.not.stringContaining("group-missing"),
  });
});

serverTest("without a name, the groups that a stream has are looked at", async () => {
  const { url, call } = await openPatient("TCP");
  await call("XADD", "events", "*", "a", "1");
  await call("XGROUP", "CREATE", "events", "workers", "0");
  await call("XREADGROUP", "GROUP", "workers", "dead", "STREAMS", "events", ">");
  const [[id]] = (await call("XPENDING", "events", "workers", "-", "+", 1)) as [[string]];
  await call("XCLAIM", "events", "workers", "dead", 0, id, "IDLE", 3_600_000, "JUSTID");
  const { code, stdout } = await run(["doctor", "-q", "events", "--watch", "0"], {
    REDIS_URL: url,
  });
  expect(code).toBe(1);
  expect(stdout).toContain("of workers lies with a consumer that did nothing");
  expect(stdout).toContain("NOTE     The stream has no group xdrain. It has workers.");
});

serverTest("an interrupted conformance fails, and leaves no key", async () => {
  const { url } = await privateRedis(HEALTHY);
  const { code, stderr } = await run(
    ["doctor", "--conformance"],
    { REDIS_URL: url },
    AbortSignal.abort(),
  );
  expect(code).toBe(1);
  expect(stderr).toMatch(/^xdrain: It was interrupted/);
  const redis = connectRaw(url);
  onTestFinished(() => redis.disconnect());
  expect(await redis.dbsize()).toBe(0);
});

serverTest("who does not want to wait for the second look gets it at once", async () => {
  const { url } = await openPatient("TCP");
  const args = ["doctor", "-q", "orders", "--watch", "1h"];
  expect(await run(args, { REDIS_URL: url }, AbortSignal.abort())).toMatchObject({ code: 0 });
});

test("what cannot be used is refused before Redis is asked", async () => {
  const env = { REDIS_URL: "redis://127.0.0.1:1" };
  expect((await run(["doctor"], env)).code).toBe(2);
  expect((await run(["doctor", "-q", "orders", "--watch", "soon"], env)).code).toBe(2);
  expect((await run(["doctor", "-q", "orders", "--watch", "2h"], env)).code).toBe(2);
  expect((await run(["doctor", "-q", "orders"], {})).code).toBe(2);
  expect((await run(["doctor", "-q", "orders", "--wach", "1s"], env)).code).toBe(2);
});

test("a Redis that does not answer is a failure, and its password does not show", async () => {
  const env = { REDIS_URL: "redis://:a-secret@127.0.0.1:1" };
  const { code, stderr } = await run(["doctor", "-q", "orders"], env);
  expect(code).toBe(1);
  expect(stderr).toMatch(/could not be reached/);
  expect(stderr).not.toContain("a-secret");
});
