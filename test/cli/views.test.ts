import { expect, onTestFinished, test } from "vitest";
import { runProgram } from "../../src/cli/program.ts";
import { commandStats } from "../support/command-stats.ts";
import { connectRaw, privateRedis, serverTest, uniqueName } from "../support/redis.ts";
import { tcpQueue } from "../support/stores.ts";
import { fakeTerminal } from "./support/fake-terminal.ts";
import { mixedQueue, sentQueue } from "./support/fixture.ts";
import { overRest, overTcp, run, runJson, start } from "./support/run.ts";

const targets = { TCP: async () => overTcp(), REST: () => overRest() };

for (const [how, envOf] of Object.entries(targets)) {
  serverTest(
    `over ${how}, stats, ls, pending and show agree on where each message is`,
    async () => {
      const { name, ids, d } = await mixedQueue();
      const [parked, dead, inFlight, ready] = ids as [string, string, string, string];
      const env = await envOf();

      const stats = await runJson(["stats", "-q", name], env);
      expect(stats.values).toEqual([
        expect.objectContaining({
          queue: name,
          ready: 1,
          inFlight: 1,
          parked: 1,
          delayed: 1,
          dead: 1,
        }),
      ]);
      const listed = await runJson(["ls", "-q", name], env);
      expect(listed.values).toEqual([
        expect.objectContaining({ id: parked, state: "parked", payload: { n: 0 } }),
        expect.objectContaining({ id: inFlight, state: "inFlight", payload: { n: 2 } }),
        expect.objectContaining({ id: ready, state: "ready", payload: { n: 3 } }),
      ]);
      const pending = await runJson(["pending", "-q", name, "--list"], env);
      expect(pending.values).toEqual([
        { id: inFlight, consumer: "xd:somebody", idleMs: expect.any(Number), deliveries: 1 },
      ]);
      const wheres = {
        [parked]: "parked",
        [dead]: "dead",
        [inFlight]: "inFlight",
        [ready]: "ready",
        [d]: "delayed",
      };
      for (const [id, where] of Object.entries(wheres)) {
        const shown = await runJson(["show", "-q", name, id], env);
        expect(shown.values).toEqual([expect.objectContaining({ id, where })]);
      }
    },
  );
}

serverTest("for a person, they are tables and lines that say the same", async () => {
  const { name, ids, d } = await mixedQueue();
  const [parked, , inFlight, ready] = ids;
  const stats = (await run(["stats", "-q", name])).stdout;
  expect(stats).toMatch(/^ {2}ready +1, the oldest waits /m);
  expect(stats).toMatch(/^ {2}in flight +1$/m);
  const listed = (await run(["ls", "-q", name])).stdout;
  expect(listed).toMatch(/^ID +AGE +STATE +KEY +PAYLOAD\n/);
  expect(listed).toMatch(new RegExp(`^${inFlight} .* in flight .*\\{"n":2\\}$`, "m"));
  const consumers = (await run(["pending", "-q", name])).stdout;
  expect(consumers).toMatch(/^ +1 .* pass +xd:somebody$/m);
  const shown = (await run(["show", "-q", name, ready ?? ""])).stdout;
  expect(shown).toMatch(/^where +ready$/m);
  expect(shown).toMatch(/^why +It waits for a pass/m);
  expect((await run(["ls", "-q", name, "--parked"])).stdout).toMatch(
    new RegExp(`^${parked} .*in 59m`, "m"),
  );
  expect((await run(["ls", "-q", name, "--delayed"])).stdout).toMatch(
    new RegExp(`^${d} .*in 1h 59m .*\\{"n":4\\}$`, "m"),
  );
  const passes = await run(["passes", "-q", name]);
  expect(passes.stdout).toMatch(/^ENDED .* STOPPED\n.* 2 +0 +1 +1 +\d+ +messages\n$/);
});

serverTest("a queue that never was is empty, and no error", async () => {
  const name = uniqueName();
  const { code, values } = await runJson(["stats", "-q", name]);
  expect(code).toBe(0);
  expect(values[0]).toMatchObject({ ready: 0, inFlight: 0, entries: 0 });
  expect(await run(["ls", "-q", name])).toMatchObject({
    code: 0,
    stdout: "There are no such entries.\n",
  });
  expect(await run(["pending", "-q", name])).toMatchObject({
    code: 0,
    stdout: "Nobody has anything.\n",
  });
  expect(await run(["passes", "-q", name])).toMatchObject({
    code: 0,
    stdout: "No pass is known.\n",
  });
  expect((await runJson(["show", "-q", name, "5-5"])).values[0]).toMatchObject({ where: "gone" });
});

serverTest("ls goes by time, by id, by state and by number, from either end", async () => {
  const { name, ids } = await sentQueue(5);
  const listed = async (...args: string[]) => {
    const { values } = await runJson(["ls", "-q", name, ...args]);
    return values.map(({ payload }) => payload.n);
  };
  const later = new Date(Date.now() + 3_600_000).toISOString();
  expect(await listed("--since", "1h")).toEqual([0, 1, 2, 3, 4]);
  expect(await listed("--since", later)).toEqual([]);
  expect(await listed("--until", "1h")).toEqual([]);
  expect(await listed("--since", ids[1] ?? "")).toEqual([2, 3, 4]);
  expect(await listed("--since", (ids[0] ?? "").split("-")[0] ?? "")).toEqual([0, 1, 2, 3, 4]);
  expect(await listed("--until", ids[1] ?? "")).toEqual([0]);
  expect(await listed("--limit", "2")).toEqual([0, 1]);
  expect(await listed("--newest", "--limit", "2")).toEqual([4, 3]);
  expect(await listed("--state", "parked")).toEqual([]);
  expect(await listed("--state", "ready", "--newest")).toEqual([4, 3, 2, 1, 0]);
});

serverTest("more entries than a page are all listed, once and in order", async () => {
  const { name } = await sentQueue(1_203);
  const { values } = await runJson(["ls", "-q", name, "--limit", "5000"]);
  expect(values.map(({ payload }) => payload.n)).toEqual(
    Array.from({ length: 1_203 }, (_, n) => n),
  );
});

serverTest(
  "tail prints the last entries, then each as it comes, until it is told to end",
  async () => {
    const { name, queue } = await sentQueue(4);
    const { child, printed, ended } = start([
      "tail",
      "-q",
      name,
      "-n",
      "2",
      "--interval",
      "50ms",
      "--json",
    ]);
    await printed(/"n":3/);
    await queue.sendBatch([{ payload: { n: 10 } }, { payload: { n: 11 } }]);
    await printed(/"n":11/);
    child.kill("SIGINT");
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    const lines = stdout.trim().split("\n");
    expect(lines.map((line) => JSON.parse(line).payload.n)).toEqual([2, 3, 10, 11]);
  },
);

serverTest("tail begins behind an id or at a time, and ends after a number", async () => {
  const { name, ids } = await sentQueue(6);
  const tail = async (...args: string[]) => {
    const { values } = await runJson(["tail", "-q", name, ...args]);
    return values.map(({ payload }) => payload.n);
  };
  expect(await tail("--from", ids[2] ?? "", "--limit", "3")).toEqual([3, 4, 5]);
  expect(await tail("--from", "1h", "--limit", "2")).toEqual([0, 1]);
  expect(await tail("-n", "6", "--limit", "1")).toEqual([0]);
});

serverTest("between two looks tail asks for nothing", async () => {
  const redis = await privateRedis();
  const env = overTcp(redis.url);
  await run(["send", "-q", "orders", "1"], env);
  const { child, printed, ended } = start(["tail", "-q", "orders", "--interval", "1h"], env);
  await printed(/ready/);
  await run(["stats", "-q", "orders"], env); // takes far longer than a look
  const raw = connectRaw(redis.url);
  onTestFinished(() => raw.disconnect());
  const calls = /cmdstat_xrange:calls=(\d+)/.exec(await raw.info("commandstats"))?.[1];
  expect(Number(calls)).toBe(1);
  child.kill("SIGINT");
  expect((await ended).code).toBe(0);
});

serverTest("a reader that goes away ends a long list without an error", async () => {
  const { name } = await sentQueue(2_000);
  const { child } = start(["ls", "-q", name, "--limit", "2000", "--json"]);
  let complaint = "";
  child.stderr?.on("data", (chunk) => {
    complaint += String(chunk);
  });
  child.stdout?.removeAllListeners().once("data", () => child.stdout?.destroy());
  const code = await new Promise((resolve) => child.once("exit", resolve));
  expect({ code, complaint }).toEqual({ code: 0, complaint: "" });
});

serverTest("what was sent with a key and is idle long is found by pending", async () => {
  const { name } = await mixedQueue();
  expect((await runJson(["pending", "-q", name, "--idle", "1h"])).values).toEqual([]);
  expect((await runJson(["pending", "-q", name, "--consumer", "xd:somebody"])).values).toHaveLength(
    1,
  );
  expect((await runJson(["pending", "-q", name, "--consumer", "nobody"])).values).toEqual([]);
  expect((await runJson(["pending", "-q", name, "--since", "1h"])).values).toHaveLength(1);
  expect((await runJson(["pending", "-q", name, "--until", "1h"])).values).toEqual([]);
});

serverTest(
  "pending takes a range of ids as XPENDING does, and reads no more than that",
  async () => {
    const { url } = await privateRedis();
    const redis = connectRaw(url);
    onTestFinished(() => redis.disconnect());
    await redis.xgroup("CREATE", "orders", "xdrain", "0", "MKSTREAM");
    for (let ms = 1; ms <= 600; ms += 1) await redis.xadd("orders", `${ms}-0`, "n", ms);
    await redis.xreadgroup("GROUP", "xdrain", "xd:a", "COUNT", 600, "STREAMS", "orders", ">");
    const listed = async (...args: string[]) => {
      const { values } = await runJson(["pending", "-q", "orders", ...args], overTcp(url));
      return values.map(({ id }) => id.replace("-0", "")).join(" ");
    };
    expect(await listed("2-0", "4")).toBe("2 3 4");
    expect(await listed("-", "+", "--limit", "3")).toBe("1 2 3");
    expect(await listed("-", "2", "--consumer", "xd:a")).toBe("1 2");
    expect(await listed("599")).toBe("599 600");
    expect(await listed("--since", "598-0")).toBe("599 600");
    expect(await listed("--until", "3-0")).toBe("1 2");
    expect(await listed("--since", "2-0", "--until", "5-0")).toBe("3 4");
    expect(await listed("--until", "1970-01-01T00:00:00Z")).toBe("");
    await redis.config("RESETSTAT");
    expect(await listed("--since", "1970-01-01T00:00:00Z", "--limit", "600")).toMatch(/^1 .* 600$/);
    expect((await commandStats(redis)).xpending).toBe(2); // pages of 500
    await redis.config("RESETSTAT");
    expect((await listed("1", "500", "--limit", "600")).split(" ")).toHaveLength(500);
    expect((await commandStats(redis)).xpending).toBe(1);
  },
);

serverTest("a payload that a terminal would obey is shown as an escape", async () => {
  const name = uniqueName();
  const { id } = await tcpQueue({ name, codec: "fields" }).send({
    text: "\u001b[2J\u009b31m\u202ehi",
  });
  for (const args of [["ls"], ["ls", "--json"], ["show", id], ["tail", "--limit", "1"]]) {
    const { stdout } = await run([...args, "-q", name]);
    expect(stdout).toContain("hi");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  }
});

test.each([
  [["ls", "--parked", "--delayed"], "Expected one of"],
  [["ls", "--parked", "--since", "1h"], "Expected no --since"],
  [["ls", "--since", "yesterday"], "Expected --since"],
  [["ls", "--limit", "0"], "Expected --limit"],
  [["tail", "--lines", "many"], "Expected --lines"],
  [["pending", "--idle", "long"], "Expected --idle"],
  [["pending", "-", "soon"], "Expected `end` to be an id"],
  [["pending", "1-0", "--since", "1h"], "Expected either a start and an end id"],
  [["show", "abc"], "Expected `id`"],
  [["passes", "--limit", "-1"], "Expected --limit"],
] as const)("%j is refused with 2", async (args, text) => {
  const nowhere = { REDIS_URL: "redis://127.0.0.1:1" };
  const { code, stdout, stderr } = await run([...args, "-q", "orders"], nowhere);
  expect(stdout).toBe("");
  expect(stderr).toContain(text);
  expect(code).toBe(2);
});

serverTest("a reader that goes away ends an export without an error", async () => {
  const { name } = await sentQueue(1);
  const terminal = fakeTerminal({ isTTY: false });
  terminal.output.destroy();
  expect(await runProgram(["export", "-q", name], terminal)).toBe(0);
  expect(terminal.seen()).toBe("");
});
