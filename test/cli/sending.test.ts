import { expect, test } from "vitest";
import { serverTest, uniqueName } from "../support/redis.ts";
import { tcpQueue } from "../support/stores.ts";
import { overRest, overTcp, run, runJson, start } from "./support/run.ts";

const targets = { TCP: async () => overTcp(), REST: () => overRest() };

for (const [how, envOf] of Object.entries(targets)) {
  serverTest(`over ${how}, arguments are sent as JSON, and their ids are printed`, async () => {
    const name = uniqueName();
    const sent = await run(["send", "-q", name, '{"order":1}', "2"], await envOf());
    expect(sent).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^(\d+-\d+\n){2}$/),
      stderr: "",
    });
    expect(await payloadsOf(name)).toEqual([{ order: 1 }, 2]);
  });

  serverTest(
    `over ${how}, lines of stdin are sent in their order, empty ones passed over`,
    async () => {
      const name = uniqueName();
      const lines = Array.from({ length: 1_200 }, (_, i) => `{"n":${i}}`);
      const sent = await run(["send", "-q", name], await envOf(), `\n${lines.join("\n\n")}`);
      expect(sent).toEqual({ code: 0, stdout: "Sent 1,200 messages.\n", stderr: "" });
      expect(await payloadsOf(name, 2_000)).toEqual(lines.map((line) => JSON.parse(line)));
    },
  );
}

serverTest("with --json each message is a line with its place and id", async () => {
  const name = uniqueName();
  const { code, values } = await runJson(["send", "-q", name], overTcp(), "1\n\n2\n");
  expect(code).toBe(0);
  expect(values).toEqual([
    { line: 1, id: expect.stringMatching(/^\d+-\d+$/) },
    { line: 3, id: expect.stringMatching(/^\d+-\d+$/) },
  ]);
});

serverTest("a text is sent as a string, whatever it looks like", async () => {
  const name = uniqueName();
  await run(["send", "-q", name, "--text", "--", "-5", '{"a"'], overTcp());
  expect(await payloadsOf(name)).toEqual(["-5", '{"a"']);
});

serverTest("a key of a field makes a second sending store nothing, and say so", async () => {
  const name = uniqueName();
  const args = ["send", "-q", name, "--deduplicate", "--key-field", "id"];
  const first = await run(args, overTcp(), '{"id":"a"}\n{"id":7}\n');
  expect(first.stdout).toBe("Sent 2 messages.\n");
  const again = await run(args, overTcp(), '{"id":"a"}\n{"id":7}\n{"id":"b"}\n');
  expect(again.stdout).toBe("Sent 1 message, 2 duplicates not stored.\n");
  const { values } = await runJson(args, overTcp(), '{"id":"b"}');
  expect(values).toEqual([{ line: 1, id: expect.any(String), duplicate: true }]);
});

serverTest("a delayed message waits beside the stream, and cancel takes it back once", async () => {
  const name = uniqueName();
  const { values } = await runJson(["send", "-q", name, "1", "--delay", "1h"]);
  const [{ id }] = values as [{ id: string }];
  const queue = tcpQueue({ name });
  expect(await queue.depth()).toMatchObject({ entries: 0, delayed: 1 });
  expect(await run(["cancel", "-q", name, id])).toMatchObject({
    code: 0,
    stdout: `${id} was cancelled.\n`,
  });
  expect(await runJson(["cancel", "-q", name, id])).toMatchObject({
    code: 1,
    values: [{ id, cancelled: false }],
  });
  expect((await queue.depth()).delayed).toBe(0);
});

serverTest(
  "a line that is no JSON stops it, and the next sending goes on behind what is stored",
  async () => {
    const name = uniqueName();
    const good = Array.from({ length: 600 }, (_, i) => String(i));
    const broken = [...good, '{"secret', "601"].join("\n");
    const { code, stdout, stderr } = await run(["send", "-q", name], overTcp(), broken);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("Expected JSON as payload 601");
    expect(stderr).toContain("600 messages are stored, up to line 600: go on with --skip 600.");
    expect(stderr).not.toContain("secret");
    const mended = [...good, "600", "601"].join("\n");
    await run(["send", "-q", name, "--skip", "600"], overTcp(), mended);
    expect(await payloadsOf(name, 1_000)).toEqual(Array.from({ length: 602 }, (_, i) => i));
  },
);

serverTest("with --json the error says how much is stored in fields of its own", async () => {
  const name = uniqueName();
  const { code, values, stderr } = await runJson(["send", "-q", name], overTcp(), "1\n2\nx\n");
  expect(code).toBe(1);
  expect(values).toHaveLength(2);
  expect(JSON.parse(stderr)).toEqual({
    error: { code: "wrong_usage", message: expect.any(String), stored: 2, skip: 2 },
  });
});

serverTest("a slow source is not held up until a batch is full", async () => {
  const name = uniqueName();
  const { child, printed, ended } = start(["send", "-q", name, "--json"]);
  child.stdin?.write("1\n");
  await printed(/"line":1/);
  child.stdin?.end("2\n");
  expect((await ended).code).toBe(0);
});

serverTest("an interrupted sending says how to go on", async () => {
  const name = uniqueName();
  const { child, printed, ended } = start(["send", "-q", name, "--json"]);
  child.stdin?.write("1\n2\n");
  await printed(/"line":2/);
  child.kill("SIGINT");
  const { code, stderr } = await ended;
  expect(code).toBe(1);
  expect(JSON.parse(stderr)).toMatchObject({ error: { stored: 2, skip: 2 } });
});

serverTest("only a newline ends a line, and what is not UTF-8 is refused", async () => {
  const name = uniqueName();
  const text = "\u2028 \u2029 \u0085 é";
  await run(["send", "-q", name], overTcp(), `${JSON.stringify(text)}\r\n"two"\r\n`);
  expect(await payloadsOf(name)).toEqual([text, "two"]);
  const { child, ended } = start(["send", "-q", name]);
  child.stdin?.end(Buffer.from([0x22, 0xff, 0x22, 0x0a]));
  expect(await ended).toMatchObject({ code: 2, stderr: "xdrain: Expected lines in UTF-8.\n" });
});

test.each([
  [["--skip", "-1"], "", "Expected --skip"],
  [["--key", "k"], "1", "Expected one payload as an argument beside --key"],
  [["--key-field", "id"], '{"no":1}', 'have a string or a number in its field "id"'],
  [["--key-field", "id"], "null", 'have a string or a number in its field "id"'],
  [["x"], "", "Expected JSON as payload 1"],
  [["1", "--delay", "soon"], "", "Expected --delay"],
  [["1", "--delay", "1s", "--at", "2026-01-01"], "", "mutually exclusive"],
  [["1", "--at", "15m"], "", "Expected --at to be a date"],
  [["1", "--codec", "xml"], "", "Choices"],
] as const)("send %j of %j is refused with 2, and nothing is sent", async (args, input, text) => {
  const nowhere = { REDIS_URL: "redis://127.0.0.1:1" };
  const { code, stdout, stderr } = await run(["send", "-q", "orders", ...args], nowhere, input);
  expect(stdout).toBe("");
  expect(stderr).toContain(text);
  expect(code).toBe(2);
});

serverTest("--skip goes on behind arguments, too, as the error advises", async () => {
  const name = uniqueName();
  const first = await run(["send", "-q", name, "1", "2", "{"]);
  expect(first).toMatchObject({ code: 1, stderr: expect.stringContaining("go on with --skip 2") });
  expect(await run(["send", "-q", name, "1", "2", "3", "--skip", "2"])).toMatchObject({ code: 0 });
  expect(await payloadsOf(name)).toEqual([1, 2, 3]);
});

serverTest("a payload may be larger where --max-payload says so", async () => {
  const name = uniqueName();
  const large = JSON.stringify("x".repeat(1_000_000));
  const refused = await run(["send", "-q", name], overTcp(), large);
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("raise --max-payload"),
  });
  const raised = ["send", "-q", name, "--max-payload", "2000000"];
  expect(await run(raised, overTcp(), large)).toMatchObject({ code: 0 });
  expect(await tcpQueue({ name }).depth()).toMatchObject({ entries: 1 });
});

test("a payload that the codec cannot store is a wrong call", async () => {
  const { code, stderr } = await run(["send", "-q", "orders", "5", "--codec", "fields"], {
    REDIS_URL: "redis://127.0.0.1:1",
  });
  expect(stderr).toContain("Expected an object of text, numbers and booleans");
  expect(code).toBe(2);
});

async function payloadsOf(name: string, count = 100): Promise<unknown[]> {
  const { drain } = await import("../../src/index.ts");
  const payloads: unknown[] = [];
  const queue = tcpQueue({ name });
  await drain(queue, ({ payload }) => void payloads.push(payload), {
    concurrency: 1,
    batch: 500,
    maxMessages: count,
  });
  return payloads;
}
