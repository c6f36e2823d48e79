import { expect, onTestFinished, test } from "vitest";
import { drain } from "../../src/index.ts";
import { claim } from "../../src/inspect/claim.ts";
import { connectRaw, serverTest, uniqueName } from "../support/redis.ts";
import { tcpQueue } from "../support/stores.ts";
import { faultyStore } from "../support/transports.ts";
import { mixedQueue, sentQueue, takeByHand } from "./support/fixture.ts";
import { overRest, overTcp, run, runJson } from "./support/run.ts";

const targets = { TCP: async () => overTcp(), REST: () => overRest() };

for (const [how, envOf] of Object.entries(targets)) {
  serverTest(
    `over ${how}, a parked message is tried at once, and its failures still count`,
    async () => {
      const { name, queue, ids } = await mixedQueue();
      const [parked = ""] = ids;
      const args = ["claim", "-q", name, parked, "--to", "parked"];
      expect(await runJson(args, await envOf())).toMatchObject({
        code: 0,
        values: [{ id: parked, outcome: "parked", deliveries: 1 }],
      });
      const seen: unknown[] = [];
      await drain(
        queue,
        ({ id, deliveries, failures }) => void seen.push({ id, deliveries, failures }),
      );
      expect(seen).toContainEqual({ id: parked, deliveries: 2, failures: 1 });
    },
  );
}

serverTest("a message of a live pass is left alone, unless it is forced", async () => {
  const { name, queue, ids } = await mixedQueue();
  const inFlight = ids[2] ?? "";
  const args = ["claim", "-q", name, inFlight, "--to", "parked"];
  const refused = await run(args);
  expect(refused).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringContaining("--force"),
  });
  expect((await queue.depth()).inFlight).toBe(1);

  expect(await run([...args, "--force"])).toMatchObject({ code: 0 });
  expect(await queue.depth()).toMatchObject({ inFlight: 0, parked: 2 });
  const seen: unknown[] = [];
  await drain(
    queue,
    ({ id, deliveries, failures }) => void seen.push({ id, deliveries, failures }),
  );
  // Taken from a pass: it was a delivery, and no failure of the handler.
  expect(seen).toContainEqual({ id: inFlight, deliveries: 2, failures: 0 });
});

serverTest("a message that is taken from a dead pass leaves no consumer of that", async () => {
  for (const to of ["parked", "dead"]) {
    const { name, queue } = await sentQueue(0);
    const redis = connectRaw();
    await drain(queue, () => {});
    const { id } = await queue.send({ n: 1 });
    await redis.call("XREADGROUP", "GROUP", "xdrain", "xd:dead", "STREAMS", name, ">");
    await run(["claim", "-q", name, id, "--to", to, "--force"]);
    await drain(queue, () => {});
    const consumers = (await redis.call("XINFO", "CONSUMERS", name, "xdrain")) as unknown[][];
    expect(consumers.map((info) => info[1])).toEqual(["xd:suspects"]);
    redis.disconnect();
  }
});

serverTest("what a pass does with a message that was taken from it counts no more", async () => {
  const { name, queue, ids } = await sentQueue(1);
  const id = ids[0] ?? "";
  const report = await drain(queue, async () => {
    await run(["claim", "-q", name, id, "--to", "dead", "--force", "--reason", "by hand"]);
  });
  expect(report).toMatchObject({ completed: 0, lost: 1 });
  const letters = await queue.deadLetters.list();
  expect(letters).toEqual([
    expect.objectContaining({
      originalId: id,
      reason: "rejected",
      error: "by hand",
      deliveries: 1,
      failures: 0,
      payload: { n: 0 },
    }),
  ]);
  expect(await queue.depth()).toMatchObject({ entries: 0, inFlight: 0, parked: 0, dead: 1 });
  expect((await queue.stats()).totals.dead).toBe(1);
});

serverTest(
  "a lease that ran out needs no force, and its key is free for the next try",
  async () => {
    const name = uniqueName();
    const queue = tcpQueue({ name, visibilityTimeout: 100 });
    await queue.send({ n: 0 });
    await drain(queue, () => {}); // makes the group
    const { id } = await queue.send({ n: 1 }, { idempotencyKey: "k" });
    await takeByHand(name, "xd:gone", 1);
    const redis = connectRaw();
    onTestFinished(() => redis.disconnect());
    const aged = ["IDLE", 120_000, "RETRYCOUNT", 1, "JUSTID"] as const;
    await redis.call("XCLAIM", name, "xdrain", "xd:gone", 0, id, ...aged);
    const claimed = await runJson(["claim", "-q", name, id, "--to", "parked"]);
    expect(claimed).toMatchObject({ code: 0, values: [{ outcome: "parked", deliveries: 1 }] });
    const report = await drain(queue, () => {});
    expect(report).toMatchObject({ completed: 1, deferred: 0 });
  },
);

serverTest("a longer lease that other functions have agreed on counts", async () => {
  const name = uniqueName();
  const queue = tcpQueue({ name, visibilityTimeout: "10 m" });
  await queue.sendBatch([{ payload: 0 }, { payload: 1 }]);
  await drain(queue, () => {}, { maxMessages: 1, batch: 1, concurrency: 1 });
  await takeByHand(name, "xd:slow", 1);
  const redis = connectRaw();
  onTestFinished(() => redis.disconnect());
  const [[id]] = (await redis.call("XPENDING", name, "xdrain", "-", "+", 1)) as [[string]];
  await redis.call("XCLAIM", name, "xdrain", "xd:slow", 0, id, "IDLE", 120_000, "JUSTID");
  const claimed = await runJson(["claim", "-q", name, id, "--to", "parked"]);
  expect(claimed.code).toBe(1);
  expect(JSON.parse(claimed.stderr)).toMatchObject({ error: { outcome: "live" } });
});

serverTest("a forced claim frees the key of the lease that it ends", async () => {
  const name = uniqueName();
  const queue = tcpQueue({ name });
  const { id } = await queue.send({ n: 1 }, { idempotencyKey: "k" });
  const take = async () => {
    await run(["claim", "-q", name, id, "--to", "parked", "--force"]);
  };
  await drain(queue, take, { maxMessages: 1 });
  // Else the key of the lease would hold it up for a minute.
  expect(await drain(queue, () => {})).toMatchObject({ completed: 1, deferred: 0 });
});

serverTest(
  "where sends are deduplicated, a dead letter's key is free, and a parked one's is not",
  async () => {
    const name = uniqueName();
    const queue = tcpQueue({ name, deduplicate: true, backoff: { initial: "1 h", max: "1 h" } });
    const sent = await queue.sendBatch(
      ["a", "b"].map((key) => ({ payload: key, idempotencyKey: key })),
    );
    const [a = "", b = ""] = sent.map(({ id }) => id);
    const fail = () => {
      throw new Error("later");
    };
    await drain(queue, fail);
    await run(["claim", "-q", name, a, "--to", "dead", "--deduplicate", "--keep"]);
    await run(["claim", "-q", name, b, "--to", "parked", "--deduplicate"]);
    expect(await queue.send("a", { idempotencyKey: "a" })).toEqual({ id: expect.any(String) });
    expect(await queue.send("b", { idempotencyKey: "b" })).toEqual({ id: b, duplicate: true });
  },
);

serverTest(
  "an entry of another producer, too wide to be moved field by field, is buried whole",
  async () => {
    const name = uniqueName();
    const queue = tcpQueue<Record<string, string>>({ name });
    const wide = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`f${i}`, `é${i}`]));
    const redis = connectRaw();
    onTestFinished(() => redis.disconnect());
    const id = String(await redis.call("XADD", name, "*", ...Object.entries(wide).flat()));
    const bury = async () => {
      await run(["claim", "-q", name, id, "--to", "dead", "--force"]);
    };
    await drain(queue, bury, { maxMessages: 1 });
    const [letter] = await queue.deadLetters.list();
    expect(letter).toMatchObject({ originalId: id, payload: wide });
  },
);

serverTest("a completed entry that is kept stays, also that of a dead letter", async () => {
  const { name, queue, ids } = await mixedQueue();
  const before = (await queue.depth()).entries;
  await run(["claim", "-q", name, ids[0] ?? "", "--to", "dead", "--keep"]);
  expect(await queue.depth()).toMatchObject({ entries: before, dead: 2, parked: 0 });
});

serverTest("a message that nobody has cannot be taken, and is not touched", async () => {
  const { name, queue, ids, d } = await mixedQueue();
  const before = await queue.depth();
  const ready = await run(["claim", "-q", name, ids[3] ?? "", "--to", "dead", "--force"]);
  expect(ready).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("neither in flight nor parked"),
  });
  expect(await run(["claim", "-q", name, d, "--to", "dead"])).toMatchObject({ code: 2 });
  expect(await run(["claim", "-q", uniqueName(), "1-1", "--to", "dead"])).toMatchObject({
    code: 1,
  });
  expect(await queue.depth()).toEqual(before);
});

serverTest("a lost response is asked for again, and the message is buried once", async () => {
  const { name, queue, ids } = await mixedQueue();
  const redis = connectRaw();
  onTestFinished(() => redis.disconnect());
  let faults: "response lost"[] = [];
  const { store, requests } = faultyStore(redis, () => faults.pop());
  const faulty = tcpQueue({ name, store });
  await claim(faulty, "1-1", { to: "dead" }); // from now on the server knows the script
  const before = requests();
  faults = ["response lost"];
  const claimed = await claim(faulty, ids[0] ?? "", { to: "dead" });
  expect(claimed).toEqual({ outcome: "dead", deliveries: 1 });
  expect(requests() - before).toBe(2);
  expect((await queue.depth()).dead).toBe(2);
});

test.each([
  [["1-0"], "to"],
  [["1-0", "--to", "mars"], "Choices"],
  [["abc", "--to", "dead"], "Expected `id`"],
  [["1-0", "--to", "dead", "--delay", "5m"], "Expected --delay"],
  [["1-0", "--to", "parked", "--delay", "long"], "Expected --delay"],
] as const)("claim %j is refused with 2", async (args, text) => {
  const nowhere = { REDIS_URL: "redis://127.0.0.1:1" };
  const { code, stdout, stderr } = await run(["claim", ...args, "-q", "orders"], nowhere);
  expect(stdout).toBe("");
  expect(stderr).toContain(text);
  expect(code).toBe(2);
});
