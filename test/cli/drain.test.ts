import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { type Bounds, boundsOf } from "../../src/cli/pass-options.ts";
import { serverTest, uniqueName } from "../support/redis.ts";
import { tcpQueue } from "../support/stores.ts";
import { overRest, overTcp, run, runBuiltJson, runJson, start } from "./support/run.ts";
import { scratch } from "./support/scratch.ts";

const targets = { TCP: async () => overTcp(), REST: () => overRest() };

for (const [how, envOf] of Object.entries(targets)) {
  serverTest(
    `over ${how}, the status of a command decides what becomes of its message`,
    async () => {
      const name = uniqueName();
      const queue = tcpQueue({ name });
      await queue.sendBatch([{ payload: 0 }, { payload: 7 }, { payload: 100 }]);
      const command = 'read status; echo "why $status" >&2; exit "$status"';
      const drained = await runJson(["drain", "-q", name, "--exec", command], await envOf());
      expect(drained.code).toBe(0);
      expect(drained.values).toEqual([
        expect.objectContaining({
          stopped: "empty",
          claimed: 3,
          completed: 1,
          retried: 1,
          dead: 1,
        }),
      ]);
      expect(drained.values[0].errors).toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            outcome: "retry",
            error: expect.stringContaining("status 7: why 7"),
          }),
          expect.objectContaining({
            outcome: "dead",
            error: expect.stringContaining("status 100: why 100"),
          }),
        ]),
      );
      expect(await queue.depth()).toMatchObject({ parked: 1, dead: 1, entries: 1 });
    },
  );
}

serverTest("a command gets its payload on stdin, and the rest in variables", async () => {
  const name = uniqueName();
  const queue = tcpQueue({ name });
  const [{ id }] = (await queue.sendBatch([{ payload: { a: 1 }, idempotencyKey: "k" }])) as [
    { id: string },
  ];
  const file = join(scratch(), "seen");
  const command = `cat >${file}; echo " $XDRAIN_MESSAGE_ID $XDRAIN_DELIVERIES $XDRAIN_IDEMPOTENCY_KEY" >>${file}`;
  const { code, stdout } = await run(["drain", "-q", name, "--exec", command]);
  expect(code).toBe(0);
  expect(stdout).toContain("nothing is left to do");
  expect(await run(["drain", "-q", name, "--exec", `cat ${file}`])).toMatchObject({ code: 0 });
  expect(readFileSync(file, "utf8")).toBe(`{"a":1} ${id} 1 k\n`);
});

serverTest("a string is on stdin as it is", async () => {
  const name = uniqueName();
  await tcpQueue({ name }).send("plain text");
  const { stderr } = await run(["drain", "-q", name, "--exec", "cat"]);
  expect(stderr).toBe("plain text");
});

serverTest("a module's default export or its handler works on messages", async () => {
  const folder = scratch();
  const bodies = {
    "default.js": "export default ({ payload }) => { if (payload.bad) throw new Error('no'); };",
    "named.ts": "export const handler = (message: { payload: { bad?: true } }): void => {};",
    "found.cjs": "exports.handler = async () => {};",
    "hidden.cjs": "const it = exports; it['hand' + 'ler'] = async () => {};", // no scan finds this name
    "whole.cjs": "module.exports = async () => {};",
  };
  for (const [file, body] of Object.entries(bodies)) {
    const name = uniqueName();
    await tcpQueue({ name }).send({});
    writeFileSync(join(folder, file), body);
    const { code, values } = await runJson(["drain", "-q", name, "--module", join(folder, file)]);
    expect(code).toBe(0);
    expect(values[0]).toMatchObject({ completed: 1 });
  }
});

serverTest("what a module prints goes to stderr, and stdout is the report alone", async () => {
  const name = uniqueName();
  await tcpQueue({ name }).send(1);
  const file = join(scratch(), "chatty.js");
  writeFileSync(file, "export default ({ payload }) => { console.log('shipped', payload); };");
  const { values, stderr } = await runBuiltJson(["drain", "-q", name, "--module", file]);
  expect(stderr).toBe("shipped 1\n");
  expect(values).toEqual([expect.objectContaining({ completed: 1 })]);
});

serverTest("the answer of an HTTP target decides what becomes of its message", async () => {
  const requests: { headers: IncomingMessage["headers"]; body: unknown }[] = [];
  const server = createServer(async (request, response) => {
    const body = (await json(request)) as { status: number };
    requests.push({ headers: request.headers, body });
    response
      .writeHead(body.status, { "retry-after": "3600", location: "/elsewhere" })
      .end("answer");
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  const name = uniqueName();
  const queue = tcpQueue({ name });
  await queue.sendBatch(
    [200, 422, 503, 302].map((status) => ({ payload: { status }, idempotencyKey: `k${status}` })),
  );
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ship`;
  const args = ["drain", "-q", name, "--http", url, "--header", "x-own: yes", "--bearer"];
  const env = { ...overTcp(), XDRAIN_TOKEN: "secret-token" };
  const { code, values, stderr } = await runJson(args, env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(values[0]).toMatchObject({ claimed: 4, completed: 1, dead: 1, retried: 2 });
  expect(requests.map(({ body }) => body)).toHaveLength(4);
  expect(requests[0]?.headers).toMatchObject({
    "content-type": "application/json",
    "idempotency-key": "k200",
    "x-own": "yes",
    "xdrain-deliveries": "1",
    authorization: "Bearer secret-token",
  });
  const due = Date.parse(values[0].nextDueAt) - Date.now();
  expect(due).toBeGreaterThan(3_500_000); // as Retry-After says, far beyond any backoff
});

serverTest("several queues are drained in one pass, in the order of their priority", async () => {
  const [high, low] = [uniqueName("high"), uniqueName("low")];
  await tcpQueue({ name: low }).send(1);
  await tcpQueue({ name: high }).send(2);
  const args = ["drain", "-q", high, "--next", low, "--exec", 'echo "$XDRAIN_QUEUE"'];
  const { code, values, stderr } = await runJson([...args, "--concurrency", "1"]);
  expect(code).toBe(0);
  expect(stderr).toBe(`${high}\n${low}\n`);
  expect(values[0]).toMatchObject({ completed: 2, queues: [{ queue: high }, { queue: low }] });
});

serverTest("the bounds of the pass hold", async () => {
  const name = uniqueName();
  const queue = tcpQueue({ name });
  await queue.sendBatch(Array.from({ length: 20 }, (_, i) => ({ payload: i })));
  const { values } = await runJson(["drain", "-q", name, "--exec", "true", "--max-messages", "5"]);
  expect(values[0]).toMatchObject({ stopped: "messages", claimed: 5, completed: 5, more: true });
  expect((await queue.depth()).entries).toBe(15);
});

serverTest(
  "an interrupt ends the commands, gives their messages back, and prints the report",
  async () => {
    const name = uniqueName();
    const queue = tcpQueue({ name });
    await queue.sendBatch([{ payload: 1 }]);
    const { child, ended } = start([
      "drain",
      "-q",
      name,
      "--exec",
      "echo began >&2; sleep 600",
      "--json",
    ]);
    await new Promise((done) => child.stderr?.once("data", done));
    child.kill("SIGINT");
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ stopped: "aborted", claimed: 1, completed: 0 });
    expect(await queue.depth()).toMatchObject({ inFlight: 0, parked: 1, dead: 0 });
  },
);

serverTest("a queue's own policy is obeyed: what is kept stays", async () => {
  const name = uniqueName();
  const queue = tcpQueue({ name });
  await queue.send(1);
  await run(["drain", "-q", name, "--exec", "true", "--retention-count", "10"]);
  expect((await queue.depth()).entries).toBe(1);
});

test.each([
  [[], "Expected one of --module, --http and --exec"],
  [["--exec", "true", "--http", "http://x"], "Expected one of"],
  [["--http", "ftp://x"], "Expected --http"],
  [["--http", "http://user:hidden@x"], "without a login"],
  [["--http", "http://x", "--header", "nonsense"], "Expected --header"],
  [["--http", "http://x", "--bearer"], "Expected XDRAIN_TOKEN"],
  [["--exec", "true", "--concurrency", "0"], "Expected --concurrency to be an integer from 1"],
  [["--exec", "true", "--max-duration", "long"], "Expected --max-duration"],
  [["--exec", "true", "--max-pause", "1s"], "Expected --linger beside --max-pause"],
  [
    ["--exec", "true", "--linger", "--max-pause", "long"],
    "Expected `--max-pause` to be a duration",
  ],
  [["--exec", "true", "--weights", "6,3"], "Expected --weights"],
  [["--exec", "true", "--next", "low", "--stream", "s"], "no names of streams"],
  [["--exec", "true", "--retention-age", "1d", "--retention-count", "5"], "Expected either"],
] as const)("drain %j is refused with 2", async (args, text) => {
  const nowhere = { REDIS_URL: "redis://127.0.0.1:1" };
  const { code, stdout, stderr } = await run(["drain", "-q", "orders", ...args], nowhere);
  expect(stdout).toBe("");
  expect(stderr).toContain(text);
  expect(stderr).not.toContain("hidden");
  expect(code).toBe(2);
});

test("--max-pause bounds the pauses of a pass that lingers", () => {
  const bounds = boundsOf({ linger: true, maxPause: "250ms" } as Bounds);
  expect(bounds.linger).toEqual({ maxPause: 250 });
});

test("a module that is missing or exports no function is told", async () => {
  const nowhere = { REDIS_URL: "redis://127.0.0.1:1" };
  const file = join(scratch(), "empty.js");
  writeFileSync(file, "export const other = 1;");
  const missing = await run(["drain", "-q", "orders", "--module", `${file}.gone`], nowhere);
  expect(missing).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("could not be loaded"),
  });
  const empty = await run(["drain", "-q", "orders", "--module", file], nowhere);
  expect(empty).toMatchObject({ code: 2, stderr: expect.stringContaining("to export a function") });
});

serverTest("a module that leaves something open does not keep the command", async () => {
  const name = uniqueName();
  await tcpQueue({ name }).send(1);
  const file = join(scratch(), "open.js");
  writeFileSync(file, "setInterval(() => {}, 1000); export default () => {};");
  const { code, values } = await runBuiltJson(["drain", "-q", name, "--module", file]);
  expect(values).toEqual([expect.objectContaining({ completed: 1 })]);
  expect(code).toBe(0);
});

serverTest("a pass that lingers tells of a failure at once", async () => {
  const name = uniqueName();
  await tcpQueue({ name }).send(1);
  const file = join(scratch(), "failing.js");
  writeFileSync(file, "export default () => { throw new Error('no \\u001b[31m luck'); };");
  const { child, ended } = start(["drain", "-q", name, "--module", file, "--linger", "--json"]);
  const told = await new Promise((resolve) => child.stderr?.once("data", resolve));
  expect(String(told)).toMatch(
    /^\d+-\d+ retry: Error: no \\u001b\[31m luck at .*failing\.js:1:\d+\)?\n$/,
  );
  child.kill("SIGINT");
  expect(await ended).toMatchObject({ code: 0, stdout: expect.stringContaining('"retried":1') });
});
