import { pino } from "pino";
import { describe, expect, test } from "vitest";
import {
  createQueue,
  type DrainReport,
  drain,
  OptionError,
  Reject,
  StoreError,
} from "../../src/index.ts";
import { consoleJson, createLog, type FailureLine, pinoLines } from "../../src/log/index.ts";
import { drainWorks } from "../../src/runtimes/drain-works.ts";
import { work } from "../../src/runtimes/work.ts";
import { memoryStore } from "../../src/testing.ts";
import { collect, collectLog } from "./support.ts";

const SECRET = "hunter2-and-more";

async function reportOf(changes: Partial<DrainReport> = {}): Promise<DrainReport> {
  const report = await drain(createQueue({ name: "orders", store: memoryStore() }), () => {});
  return { ...report, ...changes };
}

test("a pass of a runtime is one line, and so is each failure, without any payload", async () => {
  const log = collectLog();
  const queue = createQueue<string>({ name: "orders", store: memoryStore(), maxFailures: 1 });
  await queue.sendBatch(["fine", SECRET, SECRET].map((payload) => ({ payload })));
  const failures = [new Reject("wrong address"), new TypeError("no stock")];
  const handler = ({ payload }: { payload: string }) => {
    if (payload === SECRET) throw failures.shift();
  };
  const options = { onError: log.onError, concurrency: 1 };
  await drainWorks([work(queue, handler, options)], { limits: {}, onReport: log.onReport });

  expect(log.lines).toMatchObject([
    {
      message: "failure",
      level: "error",
      queue: "orders",
      deliveries: 1,
      outcome: "dead",
      error: { type: "Reject", text: "wrong address" },
    },
    { message: "failure", outcome: "dead", error: { type: "TypeError", text: "no stock" } },
    {
      message: "pass",
      level: "warn",
      queue: "orders",
      claimed: 3,
      completed: 1,
      retried: 0,
      dead: 2,
      stopped: "empty",
      more: false,
    },
  ]);
  expect(JSON.stringify(log.lines)).not.toContain(SECRET);
});

test("counters that are zero are left out, and times are as JSON has them", async () => {
  const log = collectLog();
  const nextDueAt = new Date(1_700_000_000_000);
  log.onReport(await reportOf({ claimed: 1, completed: 1, lost: 2, commands: 7, nextDueAt }));
  const [line] = log.lines;
  expect(line).toMatchObject({ lost: 2, commands: 7, nextDueAt: "2023-11-14T22:13:20.000Z" });
  expect(line).not.toHaveProperty("uncertain");
  expect(line).not.toHaveProperty("error");
});

test("a pass that found nothing is logged only where that is asked for", async () => {
  const quiet = collectLog();
  const all = collectLog({ idle: true });
  for (const log of [quiet, all]) {
    log.onReport(await reportOf());
    log.onReport(await reportOf({ stopped: "paused" }));
  }
  expect(quiet.lines).toEqual([]);
  expect(all.lines.length).toBe(2);
});

test("a pass that claimed nothing and yet is none of the idle ones is logged", async () => {
  const store = new StoreError("store_timeout", "No answer came.", {});
  const changes: Partial<DrainReport>[] = [
    { stopped: "store", error: store },
    { stopped: "aborted" },
    { stopped: "deadline" },
    { dead: 1 },
    { lostPayloads: 1 },
    { trimmedUnread: 1 },
    { reclaimed: 1 },
    { repaired: 1 },
  ];
  for (const change of changes) {
    const log = collectLog();
    log.onReport(await reportOf(change));
    expect(log.lines.length).toBe(1);
  }
});

test("the level says whether somebody should look", async () => {
  const levelOf = async (changes: Partial<DrainReport>) => {
    const log = collectLog({ idle: true });
    log.onReport(await reportOf(changes));
    return log.lines[0]?.level;
  };
  expect(await levelOf({ claimed: 5, retried: 5 })).toBe("info");
  expect(await levelOf({ dead: 1 })).toBe("warn");
  expect(await levelOf({ lostPayloads: 1 })).toBe("warn");
  expect(await levelOf({ uncertain: 1 })).toBe("warn");
  expect(await levelOf({ stopped: "store", dead: 1 })).toBe("error");
});

test("a pass over several queues is one line that says each", async () => {
  const log = collectLog();
  const store = memoryStore();
  const urgent = createQueue<number>({ name: "urgent", store });
  const orders = createQueue<number>({ name: "orders", store });
  await urgent.send(1);
  await orders.sendBatch([{ payload: 2 }, { payload: 3 }]);
  log.onReport(await drain([urgent, orders], () => {}));
  expect(log.lines).toMatchObject([
    {
      queue: "urgent,orders",
      completed: 3,
      queues: [
        { queue: "urgent", completed: 1 },
        { queue: "orders", completed: 2 },
      ],
    },
  ]);
});

test("where the messages are is a line a queue, and one that cannot be read is an error", async () => {
  const log = collectLog();
  const queue = createQueue<number>({ name: "orders", store: memoryStore() });
  await queue.send(1);
  await queue.send(2, { delay: "1 h" });
  const broken = {
    name: "broken",
    stats: () => Promise.reject(new StoreError("store_timeout", "No answer came.", {})),
  };
  await log.stats([queue, broken]);
  await log.stats(queue);
  expect(log.lines[0]).toMatchObject({
    message: "error",
    level: "error",
    queue: "broken",
    error: { type: "StoreError", code: "store_timeout", text: "No answer came." },
  });
  expect(log.lines[1]).toMatchObject({ message: "stats", queue: "orders", ready: 1, delayed: 1 });
  expect(log.lines.length).toBe(3);
});

test("an error without a message, as httpApp tells it, is an error line", () => {
  const log = collectLog();
  log.onError(Object.assign(new Error("refused"), { code: "ECONNREFUSED" }));
  expect(log.lines).toEqual([
    {
      message: "error",
      level: "error",
      error: { type: "Error", code: "ECONNREFUSED", text: "refused" },
    },
  ]);
});

describe("what looks like a credential is taken out of an error's text:", () => {
  test.each([
    [`connect to redis://user:${SECRET}@host:6379 failed`, "redis://[redacted]@host:6379"],
    [`connect to rediss://:${SECRET}@host failed`, "rediss://[redacted]@host"],
    [`sent "authorization: Bearer ${SECRET}" and failed`, "Bearer [redacted]"],
    [`Basic ${btoa(SECRET)} is wrong`, "Basic [redacted] is wrong"],
    [`GET https://a.test/?access_token=${SECRET}&page=2`, "access_token=[redacted]&page=2"],
    [`{"apiKey":"${SECRET}","id":1}`, '"apiKey":"[redacted]","id":1'],
    [`X-Amz-Signature=${SECRET}`, "X-Amz-Signature=[redacted]"],
    [`password: ${SECRET}`, "password: [redacted]"],
    [`redis://:p@${SECRET}@host:6379 is down`, "redis://[redacted]@host:6379 is down"],
    [`authorization: ${SECRET}`, "authorization: [redacted]"],
    [JSON.stringify(JSON.stringify({ password: SECRET })), "[redacted]"],
    [`no key for eyJhbGciOiJIUzI1NiJ9.${SECRET}.${SECRET}, sorry`, "no key for [redacted], sorry"],
    // Cut off in the middle of the password, it would not look like one.
    [`${"x".repeat(970)} redis://user:${SECRET}@host`, "redis://[redacted]@host"],
  ])("%s", (message, kept) => {
    const log = collectLog({ stacks: true });
    log.onError(new Error(message));
    const text = JSON.stringify(log.lines);
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain(btoa(SECRET));
    expect((log.lines[0] as FailureLine).error.text).toContain(kept);
  });
});

test("an ordinary text stays as it is, and a long one is cut", () => {
  const log = collectLog();
  const text =
    "Expected `token` to be set for https://example.com/a?b=c, got 404 of user@example.com.";
  log.onError(new Error(text));
  log.onError(new Error("x".repeat(100_000)));
  const [kept, cut] = log.lines as FailureLine[];
  expect(kept?.error.text).toBe(text);
  expect(cut?.error.text?.length).toBe(1_000);
});

test("causes are named with their codes, and none of their texts is logged", () => {
  const log = collectLog({ stacks: true });
  const refused = Object.assign(new Error(SECRET), { code: "ECONNREFUSED" });
  const several = new AggregateError([refused, new Error("the second")], SECRET);
  log.onError(new TypeError("fetch failed", { cause: several }));
  const circle: Error & { cause?: unknown } = new RangeError("round and round");
  circle.cause = circle;
  log.onError(circle);
  log.onError(new Error("no cause", { cause: SECRET }));
  const [failed, round, none] = log.lines as FailureLine[];
  expect(failed?.error).toMatchObject({
    type: "TypeError",
    text: "fetch failed",
    causes: [{ type: "AggregateError" }, { type: "Error", code: "ECONNREFUSED" }],
  });
  expect(round?.error.causes).toEqual(Array(5).fill({ type: "RangeError" }));
  expect(none?.error).not.toHaveProperty("causes");
  expect(JSON.stringify(log.lines)).not.toContain(SECRET);
});

test("texts are left out, and stacks are there, where that is asked for", () => {
  const silent = collectLog({ texts: false });
  silent.onError(new TypeError("a text"));
  silent.onError("a text");
  expect(silent.lines).toMatchObject([
    { error: { type: "TypeError" } },
    { error: { type: "unknown" } },
  ]);
  expect(JSON.stringify(silent.lines)).not.toContain("a text");
  const stacks = collectLog({ stacks: true });
  stacks.onError(new TypeError("a text"));
  expect((stacks.lines[0] as FailureLine).error.stack).toContain("lines.test.ts");
});

test("whatever is thrown has a line", () => {
  const log = collectLog();
  const hostile = Object.defineProperty(new Error("x"), "message", {
    get() {
      throw new Error("not to be looked at");
    },
  });
  for (const thrown of [undefined, null, 5, { toString: null }, hostile]) log.onError(thrown);
  expect(log.lines.map((line) => (line as FailureLine).error.type)).toEqual(
    Array(5).fill("unknown"),
  );
});

test("a sink that throws or rejects breaks nothing", async () => {
  const throwing = createLog(() => {
    throw new Error("no disk");
  });
  const rejecting = createLog(() => Promise.reject(new Error("no disk")));
  for (const log of [throwing, rejecting]) {
    log.onError(new Error("x"));
    log.onReport(await reportOf({ dead: 1 }));
    await log.stats(createQueue({ name: "orders", store: memoryStore() }));
  }
});

test("the console gets one line of JSON, the time first, by the level's own method", async () => {
  const { lines, write, parsed } = collect();
  const log = createLog(consoleJson({ write, now: () => 1_700_000_000_000 }));
  log.onReport(await reportOf({ claimed: 1, completed: 1 }));
  log.onReport(await reportOf({ dead: 1 }));
  log.onError(new Error("two\nlines"));
  expect(lines.map(({ level }) => level)).toEqual(["info", "warn", "error"]);
  expect(lines.every(({ text }) => !text.includes("\n"))).toBe(true);
  const start =
    '{"time":"2023-11-14T22:13:20.000Z","level":"info","message":"pass","queue":"orders"';
  expect(lines[0]?.text.startsWith(start)).toBe(true);
  expect(parsed()[2]).toMatchObject({ message: "error", error: { text: "two\nlines" } });
});

test("without a choice it is the console of the platform", () => {
  const { error } = console;
  const written: unknown[] = [];
  console.error = (text: unknown) => written.push(text);
  try {
    createLog(consoleJson()).onError(new Error("x"));
  } finally {
    console.error = error;
  }
  expect(JSON.parse(String(written[0]))).toMatchObject({ level: "error", message: "error" });
});

test("pino gets the fields and the message, by the level's own method", async () => {
  const written: string[] = [];
  const logger = pino({ base: { service: "inbox" } }, { write: (text) => written.push(text) });
  const log = createLog(pinoLines(logger));
  log.onReport(await reportOf({ claimed: 2, completed: 2 }));
  log.onError(new TypeError("x"), { queue: "orders", id: "1-0", deliveries: 2, outcome: "retry" });
  log.onError(new Error("y"));
  expect(written.map((text) => JSON.parse(text))).toMatchObject([
    { level: 30, msg: "pass", service: "inbox", queue: "orders", completed: 2 },
    { level: 40, msg: "failure", id: "1-0", outcome: "retry", error: { type: "TypeError" } },
    { level: 50, msg: "error", error: { text: "y" } },
  ]);
});

test("what cannot be used is refused", () => {
  const refused: (() => unknown)[] = [
    () => createLog("console" as never),
    () => createLog(() => {}, { idle: 1 as never }),
    () => createLog(() => {}, { texts: "no" as never }),
    () => createLog(() => {}, { level: "info" } as never),
    () => consoleJson({ pretty: true } as never),
  ];
  for (const make of refused) expect(make).toThrow(OptionError);
});
