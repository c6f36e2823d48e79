import { expect, onTestFinished, test } from "vitest";
import { drain, Reject } from "../../src/index.ts";
import { connectRaw, serverTest, uniqueName } from "../support/redis.ts";
import { tcpQueue } from "../support/stores.ts";
import { sentQueue } from "./support/fixture.ts";
import { overRest, overTcp, run, runJson } from "./support/run.ts";

const targets = { TCP: async () => overTcp(), REST: () => overRest() };

for (const [how, envOf] of Object.entries(targets)) {
  serverTest(`over ${how}, dead letters are listed, shown, sent again and removed`, async () => {
    const { name, queue } = await withLetters([{ a: 1 }, { a: 2 }, { a: 3 }]);
    const env = await envOf();
    const listed = await runJson(["dlq", "ls", "-q", name], env);
    expect(listed.values.map(({ payload }) => payload)).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
    const [first, second, third] = listed.values.map(({ id }) => id);

    const shown = await runJson(["dlq", "show", "-q", name, second], env);
    expect(shown.values).toEqual([
      expect.objectContaining({
        id: second,
        payload: { a: 2 },
        reason: "rejected",
        error: "Reject: no good",
      }),
    ]);
    const again = await runJson(["dlq", "redrive", "-q", name, first], env);
    expect(again).toMatchObject({ code: 0, values: [{ id: first, newId: expect.any(String) }] });
    expect(await queue.depth()).toMatchObject({ dead: 2, entries: 1 });

    const removed = await runJson(["dlq", "purge", "-q", name, third, "--yes"], env);
    expect(removed).toMatchObject({ code: 0, values: [{ queue: name, removed: 1 }] });
    expect((await queue.deadLetters.list()).map(({ id }) => id)).toEqual([second]);
  });
}

serverTest(
  "filters by reason, error, payload and number choose the same letters everywhere",
  async () => {
    const { name, queue } = await withLetters([
      { kind: "rejected", n: 1 },
      { kind: "failed", n: 2 },
      { kind: "rejected", n: 3 },
    ]);
    const chosen = async (...filter: string[]) => {
      const { values } = await runJson(["dlq", "ls", "-q", name, ...filter]);
      const dry = await runJson(["dlq", "purge", "-q", name, ...filter, "--dry-run"]);
      expect(dry.values.map(({ id }) => id)).toEqual(values.map(({ id }) => id));
      return values.map(({ payload }) => payload.n);
    };
    expect(await chosen("--reason", "rejected")).toEqual([1, 3]);
    expect(await chosen("--reason", "failed", "--reason", "rejected")).toEqual([1, 2, 3]);
    expect(await chosen("--error", "broke")).toEqual([2]);
    expect(await chosen("--match", '"n":3')).toEqual([3]);
    expect(await chosen("--limit", "2")).toEqual([1, 2]);
    expect(await chosen("--since", "1h")).toEqual([1, 2, 3]);
    expect(await chosen("--until", "1h")).toEqual([]);
    expect((await queue.depth()).dead).toBe(3);
  },
);

serverTest("more letters than a page are all listed, in their order", async () => {
  const payloads = Array.from({ length: 230 }, (_, n) => ({ n }));
  const { name, queue } = await withLetters(payloads);
  const { values } = await runJson(["dlq", "ls", "-q", name, "--limit", "1000"]);
  expect(values.map(({ payload }) => payload)).toEqual(payloads);
  const { code } = await run(["dlq", "redrive", "-q", name, "--all"]);
  expect(code).toBe(0);
  expect(await queue.depth()).toMatchObject({ dead: 0, entries: 230 });
});

serverTest("a rate spreads a redrive over time", async () => {
  const { name } = await withLetters(Array.from({ length: 6 }, (_, n) => ({ n })));
  const { code, values } = await runJson(["dlq", "redrive", "-q", name, "--all", "--rate", "10"]);
  expect(code).toBe(0);
  const times = values.map(({ newId }) => Number(newId.split("-")[0]));
  // One each tenth of a second, by the server's clock: five pauses lie between six letters.
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(400);
});

serverTest("a dry run changes nothing", async () => {
  const { name, queue } = await withLetters([{ n: 1 }]);
  const { stdout, stderr } = await run(["dlq", "redrive", "-q", name, "--all", "--dry-run"]);
  expect(stdout).toMatch(/^\d+-\d+ {2}rejected {2}\{"n":1\}\n$/);
  expect(stderr).toBe("It would be 1 dead letter; nothing was done.\n");
  expect(await queue.depth()).toMatchObject({ dead: 1, entries: 0 });
});

serverTest("letters that are not there fail: shown, and sent again", async () => {
  const { name } = await withLetters([{ n: 1 }]);
  const shown = await run(["dlq", "show", "-q", name, "1-0"]);
  expect(shown).toMatchObject({
    code: 1,
    stderr: `xdrain: There is no dead letter 1-0 of ${name}.\n`,
  });
  const again = await runJson(["dlq", "redrive", "-q", name, "1-0"]);
  expect(again).toMatchObject({ code: 1, values: [{ id: "1-0" }] });
});

serverTest("what a terminal would obey is shown as an escape", async () => {
  const { name } = await withLetters([{ text: "\u001b[31mred\u009b2J" }], "\u001b]0;title\u0007");
  for (const args of [
    ["dlq", "ls"],
    ["dlq", "ls", "--json"],
  ]) {
    const { stdout } = await run([...args, "-q", name]);
    expect(stdout).toContain("title");
    expect(stdout).toContain("red");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  }
});

test.each([
  [["redrive"], "Expected ids, a filter"],
  [["redrive", "1-0", "--all"], "only one of"],
  [["redrive", "--all", "--rate", "0"], "Expected --rate"],
  [["purge", "--all"], "Expected --yes"],
  [["ls", "--since", "yesterday"], "Expected --since"],
  [["ls", "--limit", "0"], "Expected --limit"],
  [["show", "abc"], "Expected an id"],
  [["redrive", "abc"], "Expected `ids`"],
] as const)("dlq %j is refused with 2", async (args, text) => {
  const nowhere = { REDIS_URL: "redis://127.0.0.1:1" };
  const { code, stdout, stderr } = await run(["dlq", ...args, "-q", "orders"], nowhere);
  expect(stdout).toBe("");
  expect(stderr).toContain(text);
  expect(code).toBe(2);
});

serverTest(
  "a dead letter is shown with the stack of its error, and its id leads to its message",
  async () => {
    const { name, queue } = await sentQueue(1, { maxFailures: 1 });
    await drain(queue, () => {
      throw new Error("no luck");
    });
    const [letter] = (await runJson(["dlq", "ls", "-q", name])).values;
    const { stdout } = await run(["dlq", "show", "-q", name, letter.id]);
    expect(stdout).toMatch(/^error +Error: no luck$/m);
    expect(stdout).toMatch(/^stack +at .*dead-letters\.test\.ts/m);
    const { values } = await runJson(["show", "-q", name, letter.id]);
    expect(values).toMatchObject([
      { where: "gone", why: expect.stringContaining(`of message ${letter.originalId}`) },
    ]);
  },
);

serverTest(
  "a dead-letter stream that hand-written code fills is listed, shown, sent again",
  async () => {
    const [name, dead] = [uniqueName(), uniqueName()];
    const redis = connectRaw();
    onTestFinished(() => redis.disconnect());
    const message = ["order_id", "ord_123", "retry_count", "3"];
    const failedAt = String(Math.floor(Date.now() / 1_000));
    const id = await redis.xadd(dead, "*", ...message, "failed_at", failedAt, "reason", "declined");
    const other = (await redis.xadd(dead, "*", "order_id", "ord_124", "reason", "stolen")) ?? "";
    const about = ["-q", name, "--dead-letter-stream", dead, "--retry-count-field", "retry_count"];
    expect((await run(["stats", ...about])).stdout).toMatch(/dead +2/);
    const table = (await run(["dlq", "ls", ...about, "--since", "1h"])).stdout;
    expect(table).toMatch(/declined +- +- +\{"order_id":"ord_123","retry_count":"3"\}/);
    const shown = (await run(["dlq", "show", ...about, id ?? ""])).stdout;
    expect(shown).toMatch(/^reason +declined$/m);
    expect(shown).toMatch(/^failures +3$/m);
    expect(shown).not.toContain("undefined");
    const again = await runJson(["dlq", "redrive", ...about, "--reason", "declined"]);
    expect(again.values).toMatchObject([{ id, newId: expect.any(String) }]);
    const [[, fields] = []] = await redis.xrange(name, "-", "+");
    expect(fields).toEqual(["order_id", "ord_123"]);
    expect((await runJson(["dlq", "purge", ...about, other, "--yes"])).values).toMatchObject([
      { removed: 1 },
    ]);
    expect(await redis.xlen(dead)).toBe(0);
  },
);

/** A queue with a dead letter of each payload; one that says `failed` failed, the others are rejected. */
async function withLetters(payloads: readonly object[], error = "no good") {
  const name = uniqueName();
  const queue = tcpQueue<{ kind?: string }>({ name, maxFailures: 1 });
  await queue.sendBatch(payloads.map((payload) => ({ payload })));
  const fail = (kind: string | undefined) => {
    throw kind === "failed" ? new Error("it broke") : new Reject(error);
  };
  await drain(queue, ({ payload }) => fail(payload.kind), { concurrency: 1 });
  return { name, queue };
}
