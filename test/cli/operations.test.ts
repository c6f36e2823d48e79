import { expect } from "vitest";
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
  expect((await drain(queue, () => {})).completed).toBe(2);
});
