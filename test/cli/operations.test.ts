import { expect, onTestFinished, test } from "vitest";
import { drain } from "../../src/index.ts";
import { connectRaw, serverTest, uniqueName } from "../support/redis.ts";
import { tcpQueue } from "../support/stores.ts";
import { overRest, overTcp, run, runJson } from "./support/run.ts";

const targets = { TCP: async () => overTcp(), REST: () => overRest() };

for (const [how, envOf] of Object.entries(targets)) {
  serverTest(`over ${how}, a paused queue hands nothing out until it is resumed`, async () => {
    const name = uniqueName();
    const env = await envOf();
    await tcpQueue({ name }).send(1);
    const paused = await runJson(["pause", "-q", name], env);
    expect(paused).toMatchObject({ code: 0, values: [{ queue: name, paused: true }] });
    expect((await drain(tcpQueue({ name }), () => {})).stopped).toBe("paused");
    expect(await run(["resume", "-q", name], env)).toMatchObject({
      code: 0,
      stdout: `${name} goes on.\n`,
    });
    expect((await drain(tcpQueue({ name }), () => {})).completed).toBe(1);
  });
}

serverTest("a replay lets the named group alone read again what is behind an id", async () => {
  const stream = uniqueName();
  const options = { name: stream, retention: { count: 10 } };
  const queue = tcpQueue<number>({ ...options, group: "audit" });
  const other = tcpQueue<number>({ ...options, group: "other" });
  const [first] = await queue.sendBatch([{ payload: 1 }, { payload: 2 }, { payload: 3 }]);
  expect((await drain(queue, () => {})).completed).toBe(3);
  const args = ["replay", "-q", stream, "--group", "audit", "--from", first?.id ?? ""];
  expect(await run(args)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("reads again"),
  });
  const seen: number[] = [];
  await drain(queue, ({ payload }) => void seen.push(payload), { concurrency: 1 });
  expect(seen).toEqual([2, 3]);
  expect((await drain(other, () => {})).completed).toBe(3);
});

serverTest("trim removes what every group has done, and says who holds the rest", async () => {
  const name = uniqueName();
  const queue = tcpQueue({ name, shared: true, statistics: false });
  const redis = connectRaw();
  onTestFinished(() => redis.disconnect());
  await redis.xgroup("CREATE", name, "audit", "$", "MKSTREAM");
  const payloads = Array.from({ length: 10 }, (_, payload) => ({ payload }));
  const sent = await queue.sendBatch(payloads);
  await redis.xreadgroup("GROUP", "audit", "reader", "COUNT", 9, "STREAMS", name, ">");
  expect((await drain(queue, () => {})).completed).toBe(10);

  const trimmed = async (...args: string[]) =>
    (await runJson(["trim", "-q", name, ...args])).values;
  const [first, second, third] = sent.map(({ id }) => id) as [string, string, string];
  await redis.xack(name, "audit", first);
  const heldBy = { reason: "inFlight", group: "audit", id: second };
  expect(await trimmed("--older-than", "1h")).toMatchObject([{ removed: 0, left: 10 }]);
  expect(await trimmed("--all", "--approximate")).toMatchObject([{ left: 10 }]);
  expect(await trimmed("--all")).toEqual([{ queue: name, removed: 1, left: 9, heldBy }]);
  expect(await run(["trim", "-q", name, "--all"])).toMatchObject({
    code: 0,
    stdout: `0 entries were removed, 9 are left: group audit is working on ${second}.\n`,
  });
  const read = sent.slice(0, 9).map(({ id }) => id);
  await redis.xack(name, "audit", ...read);
  expect(await trimmed("--keep", "8")).toMatchObject([{ removed: 1, heldBy: { reason: "keep" } }]);
  expect((await redis.xrange(name, "-", "+"))[0]?.[0]).toBe(third);
  expect((await run(["trim", "-q", name, "--keep", "0"])).stdout).toBe(
    "7 entries were removed, 1 is left: group audit has not read them yet.\n",
  );
});

serverTest("trim fails where the loss of a key may hide messages", async () => {
  const name = uniqueName();
  const queue = tcpQueue({ name, backoff: { initial: "1 h", max: "1 h" } });
  await queue.send(1);
  await drain(queue, () => Promise.reject(new Error("later")));
  const redis = connectRaw();
  onTestFinished(() => redis.disconnect());
  await redis.del(`{${name}}:xd:${name}:xdrain:parked`);
  const { code, stdout, stderr } = await run(["trim", "-q", name, "--all", "--json"]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  const heldBy = { reason: "orphans", group: "xdrain" };
  const error = { message: expect.stringContaining("xdrain repair"), removed: 0, left: 1, heldBy };
  expect(JSON.parse(stderr)).toMatchObject({ error });
});

test.each([
  [[], "Expected one of --keep, --older-than and --all"],
  [["--keep", "1", "--all"], "Expected one of --keep, --older-than and --all"],
  [["--keep", "-1"], "Expected --keep"],
  [["--older-than", "long"], "Expected --older-than"],
])("trim with %j is refused with 2", async (args, text) => {
  const nowhere = { REDIS_URL: "redis://127.0.0.1:1" };
  const { code, stderr } = await run(["trim", "-q", "orders", ...args], nowhere);
  expect(stderr).toContain(text);
  expect(code).toBe(2);
});

serverTest("repair brings back what the loss of a key hid, and says how much", async () => {
  const name = uniqueName();
  const queue = tcpQueue({ name, backoff: { initial: "1 h", max: "1 h" } });
  await queue.sendBatch([{ payload: 1 }, { payload: 2 }]);
  await drain(queue, () => {
    throw new Error("later");
  });
  const redis = connectRaw();
  await redis.del(`{${name}}:xd:${name}:xdrain:parked`);
  redis.disconnect();
  expect(await runJson(["repair", "-q", name])).toMatchObject({
    code: 0,
    values: [{ queue: name, repaired: 2 }],
  });
  expect(await queue.depth()).toMatchObject({ parked: 2 });
});
