import { expect, test } from "vitest";
import { drain } from "../../src/index.ts";
import { connectRaw, serverTest, uniqueName } from "../support/redis.ts";
import { tcpQueue } from "../support/stores.ts";
import { mixedQueue, sentQueue } from "./support/fixture.ts";
import { overRest, overTcp, run, runJson } from "./support/run.ts";

const targets = { TCP: async () => overTcp(), REST: () => overRest() };

for (const [how, envOf] of Object.entries(targets)) {
  serverTest(
    `over ${how}, what is exported is imported in its order, with keys and due times`,
    async () => {
      const from = uniqueName();
      const queue = tcpQueue({ name: from });
      const trace = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
      await queue.sendBatch([
        { payload: { n: 1, text: "é\u0000\u2028" }, idempotencyKey: "one", trace },
        { payload: { n: 2 } },
      ]);
      await tcpQueue({ name: from, codec: "fields" }).send({ n: "3", plain: "yes" });
      await queue.send({ n: 4 }, { delay: "2 h", idempotencyKey: "late" });
      const env = await envOf();
      const exported = await run(["export", "-q", from], env);
      expect(exported).toMatchObject({ code: 0, stderr: "Exported 4 messages.\n" });

      const to = uniqueName();
      const imported = await run(["import", "-q", to], env, exported.stdout);
      expect(imported).toEqual({ code: 0, stdout: "Imported 4 messages.\n", stderr: "" });
      const copy = tcpQueue({ name: to });
      expect(await copy.depth()).toMatchObject({ entries: 3, delayed: 1 });
      const seen: unknown[] = [];
      await drain(
        copy,
        ({ payload, idempotencyKey, trace: carried }) =>
          void seen.push({ payload, idempotencyKey, carried }),
        { concurrency: 1 },
      );
      expect(seen).toEqual([
        { payload: { n: 1, text: "é\u0000\u2028" }, idempotencyKey: "one", carried: trace },
        { payload: { n: 2 } },
        { payload: { n: "3", plain: "yes" } },
      ]);
      const [late] = (await runJson(["ls", "-q", to, "--delayed"], env)).values;
      expect(late).toMatchObject({ payload: { n: 4 }, idempotencyKey: "late" });
      expect(Date.parse(late.dueAt) - Date.now()).toBeGreaterThan(7_100_000);
    },
  );
}

serverTest("an export leaves out what is completed, and goes on behind an entry", async () => {
  const { name, queue, ids } = await sentQueue(5, { retention: { count: 100 } });
  await drain(queue, () => {}, { maxMessages: 2, batch: 2, concurrency: 1 });
  const lines = async (...args: string[]) =>
    (await runJson(["export", "-q", name, ...args])).values;
  expect((await lines()).map(({ state }) => state)).toEqual([
    "done",
    "done",
    "ready",
    "ready",
    "ready",
  ]);
  expect((await lines("--undone")).map(({ id }) => id)).toEqual(ids.slice(2));
  expect((await lines("--after", ids[3] ?? "")).map(({ id }) => id)).toEqual([ids[4]]);
});

serverTest(
  "more than a page goes out and in, once and in order, and delayed ones can stay",
  async () => {
    const { name } = await sentQueue(1_100);
    await tcpQueue({ name }).send({ n: -1 }, { delay: "1 h" });
    const { stdout } = await run(["export", "-q", name, "--delayed=false"]);
    const to = uniqueName();
    expect(await run(["import", "-q", to], overTcp(), stdout)).toMatchObject({ code: 0 });
    const seen: number[] = [];
    const queue = tcpQueue<{ n: number }>({ name: to });
    await drain(queue, ({ payload }) => void seen.push(payload.n), { concurrency: 1 });
    expect(seen).toEqual(Array.from({ length: 1_100 }, (_, n) => n));
  },
);

serverTest("an import that stopped goes on with --skip; with keys it may begin again", async () => {
  const name = uniqueName();
  const archived = (n: number) => JSON.stringify({ fields: ["xd:k", `k${n}`, "xd:d", `${n}`] });
  const broken = [archived(1), archived(2), '{"fields":["odd"]}', archived(4)].join("\n");
  const stopped = await run(["import", "-q", name], overTcp(), broken);
  expect(stopped.code).toBe(1);
  expect(stopped.stderr).toContain("Expected line 3 to be of `xdrain export`");
  expect(stopped.stderr).toContain("go on with --skip 2");
  const mended = [1, 2, 3, 4].map(archived).join("\n");
  const rest = await run(["import", "-q", name, "--skip", "2"], overTcp(), mended);
  expect(rest.stdout).toBe("Imported 2 messages.\n");
  const other = uniqueName();
  await run(["import", "-q", other, "--deduplicate"], overTcp(), mended);
  const again = await run(["import", "-q", other, "--deduplicate"], overTcp(), mended);
  expect(again.stdout).toBe("Imported 0 messages, 4 duplicates not stored.\n");
});

serverTest("an export says where bytes that are no text may be lost", async () => {
  const queue = tcpQueue({ name: uniqueName() });
  await queue.send("text");
  expect((await run(["export", "-q", queue.name])).stderr).not.toContain("U+FFFD");
  const redis = connectRaw();
  await redis.xadd(queue.name, "*", "n", Buffer.from([0xff]));
  redis.disconnect();
  const { stderr } = await run(["export", "-q", queue.name]);
  expect(stderr).toContain("1 of them holds U+FFFD");
});

serverTest("no line of an archive makes a message that has another one's id", async () => {
  const queue = tcpQueue({ name: uniqueName() });
  const { id } = await queue.send("later", { delay: "1 h" });
  const line = JSON.stringify({ fields: ["xd:id", id, "xd:d", "1"] });
  await run(["import", "-q", queue.name], overTcp(), line);
  const ids: string[] = [];
  await drain(queue, (message) => void ids.push(message.id));
  expect(ids).toHaveLength(1);
  expect(ids).not.toContain(id);
});

serverTest("a message that was delayed and came due has no id of its own any more", async () => {
  const { name } = await mixedQueue();
  const id = "d1-0-abcdefgh";
  const line = JSON.stringify({ fields: ["xd:id", id, "xd:d", "1"] });
  const queue = tcpQueue({ name: uniqueName() });
  await run(["import", "-q", queue.name], overTcp(), line);
  const { stdout } = await run(["export", "-q", queue.name]);
  expect(JSON.parse(stdout).fields).toEqual(["xd:d", "1"]);
  expect(name).not.toBe(queue.name);
});

test.each([
  ["not json", "Expected line 1"],
  ['{"fields":[]}', "Expected line 1"],
  ['{"fields":["a",1]}', "Expected line 1"],
  ['{"fields":["a","b"],"due":-1}', "Expected line 1"],
  ["null", "Expected line 1"],
])("an import of %j is refused with 2", async (input, text) => {
  const nowhere = { REDIS_URL: "redis://127.0.0.1:1" };
  const { code, stderr } = await run(["import", "-q", "orders"], nowhere, input);
  expect(stderr).toContain(text);
  expect(code).toBe(2);
});
