import { expect, onTestFinished, test, vi } from "vitest";
import { createQueue, drain, OptionError } from "../../src/index.ts";
import { createLog, type EmbeddedMetricsOptions, embeddedMetrics } from "../../src/log/index.ts";
import { memoryStore } from "../../src/testing.ts";
import { checkEmf, collect } from "./support.ts";

const NOW = 1_700_000_000_000;

function emfLog(options: EmbeddedMetricsOptions = {}) {
  const { lines, write } = collect();
  const log = createLog(embeddedMetrics({ write, now: () => NOW, ...options }), { idle: true });
  return { ...log, lines };
}

function ordersIn(name = "orders", store = memoryStore()) {
  return createQueue<number>({ name, store });
}

test("a pass is a document of CloudWatch's schema, with its counters as metrics", async () => {
  const log = emfLog({ dimensions: { Service: "inbox" } });
  const queue = ordersIn();
  await queue.sendBatch([{ payload: 1 }, { payload: 2 }]);
  log.onReport(
    await drain(queue, ({ payload }) => {
      if (payload === 2) throw new Error("no");
    }),
  );
  const document = checkEmf(log.lines[0]?.text ?? "");
  expect(document).toMatchObject({
    Queue: "orders",
    Service: "inbox",
    Passes: 1,
    FailedPasses: 0,
    Claimed: 2,
    Completed: 1,
    Retried: 1,
    Dead: 0,
    LostPayloads: 0,
    TrimmedUnread: 0,
    message: "pass",
    level: "info",
    stopped: "empty",
  });
  expect(document._aws).toMatchObject({
    Timestamp: NOW,
    CloudWatchMetrics: [{ Namespace: "xdrain", Dimensions: [["Queue", "Service"]] }],
  });
  const { CloudWatchMetrics } = document._aws as { CloudWatchMetrics: { Metrics: unknown[] }[] };
  expect(CloudWatchMetrics[0]?.Metrics).toContainEqual({
    Name: "PassDuration",
    Unit: "Milliseconds",
  });
});

test("an idle pass counts too, and one whose store failed counts as failed", async () => {
  const log = emfLog();
  const report = await drain(ordersIn(), () => {});
  log.onReport(report);
  log.onReport({ ...report, stopped: "store" });
  const [idle, failed] = log.lines.map(({ text }) => checkEmf(text));
  expect(idle).toMatchObject({ Passes: 1, FailedPasses: 0, Claimed: 0 });
  expect(failed).toMatchObject({ Passes: 1, FailedPasses: 1, level: "error" });
});

test("a pass over several queues is a document for each, with what is its own alone", async () => {
  const log = emfLog();
  const store = memoryStore();
  const [urgent, orders] = [ordersIn("urgent", store), ordersIn("orders", store)];
  await orders.send(2);
  const report = await drain([urgent, orders], () => {});
  const [first, second] = report.queues ?? expect.fail("There is one queue only.");
  if (first === undefined || second === undefined) expect.fail("There is one queue only.");
  log.onReport({ ...report, duplicates: 3, queues: [first, { ...second, duplicates: 3 }] });
  const documents = log.lines.map(({ text }) => checkEmf(text));
  expect(documents).toMatchObject([
    { Queue: "urgent", queue: "urgent", Passes: 1, Completed: 0 },
    { Queue: "orders", queue: "orders", Passes: 1, Completed: 1, duplicates: 3 },
  ]);
  expect(documents[0]).not.toHaveProperty("duplicates");
  expect(documents[0]).not.toHaveProperty("queues");
});

test("where messages are is a document, with ages in seconds", async () => {
  const log = emfLog();
  const queue = ordersIn();
  await queue.send(1);
  const stats = await queue.stats();
  const late = {
    ...stats,
    oldestReadyAgeMs: 90_500,
    lastPassAt: new Date(stats.at.getTime() - 61_000),
    dead: 4,
  };
  await log.stats([
    { name: "late", stats: async () => late },
    { name: "unknown", stats: async () => ({ ...stats, oldestReadyAgeMs: undefined }) },
    { name: "empty", stats: async () => ({ ...stats, oldestReadyAgeMs: undefined, ready: 0 }) },
  ]);
  const byQueue = new Map(log.lines.map(({ text }) => [checkEmf(text).Queue, checkEmf(text)]));
  const first = { OldestAge: 90.5, LastPassAge: 61, Ready: 1, DeadLetters: 4, StreamLength: 1 };
  expect(byQueue.get("late")).toMatchObject(first);
  expect(byQueue.get("unknown")).not.toHaveProperty("OldestAge");
  expect(byQueue.get("unknown")).not.toHaveProperty("LastPassAge");
  expect(byQueue.get("empty")).toMatchObject({ OldestAge: 0 });
});

test("a document is a line of the standard output, with nothing before it, whatever the console does", async () => {
  const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const consoles = vi.spyOn(console, "log").mockImplementation(() => {});
  onTestFinished(() => void vi.restoreAllMocks());
  const { onReport } = createLog(embeddedMetrics(), { idle: true });
  onReport(await drain(ordersIn(), () => {}));
  expect(consoles).not.toHaveBeenCalled();
  const [[text] = []] = written.mock.calls;
  expect(text).toMatch(/^\{.*\}\n$/);
  expect(checkEmf(String(text))).toMatchObject({ Queue: "orders", Passes: 1 });
});

test("where a process has no standard output, it is the console", async () => {
  const consoles = vi.spyOn(console, "log").mockImplementation(() => {});
  onTestFinished(() => void vi.restoreAllMocks());
  const report = await drain(ordersIn(), () => {});
  vi.stubGlobal("process", undefined);
  try {
    createLog(embeddedMetrics(), { idle: true }).onReport(report);
  } finally {
    vi.unstubAllGlobals();
  }
  expect(checkEmf(String(consoles.mock.calls[0]?.[0])).Queue).toBe("orders");
});

test("failures and errors are lines of JSON without metrics", () => {
  const log = emfLog();
  log.onError(new Error("x"), { queue: "orders", id: "1-0", deliveries: 1, outcome: "dead" });
  log.onError(new Error("y"));
  for (const { text, level } of log.lines) {
    expect(JSON.parse(text)).not.toHaveProperty("_aws");
    expect(level).toBe("error");
  }
  expect(log.lines.length).toBe(2);
});

test("only the metrics that are chosen are made, and the others cost nothing", async () => {
  const log = emfLog({ metrics: ["Dead", "OldestAge"] });
  const queue = ordersIn();
  log.onReport(await drain(queue, () => {}));
  await log.stats(queue);
  const metrics = log.lines.map(({ text }) => {
    const { CloudWatchMetrics } = checkEmf(text)._aws as {
      CloudWatchMetrics: { Metrics: { Name: string }[] }[];
    };
    return CloudWatchMetrics.flatMap(({ Metrics }) => Metrics.map(({ Name }) => Name));
  });
  expect(metrics).toEqual([["Dead"], ["OldestAge"]]);
  const none = emfLog({ metrics: ["Dead"] });
  await none.stats(queue);
  expect(JSON.parse(none.lines[0]?.text ?? "")).not.toHaveProperty("_aws");
});

test("a queue of any name has a dimension that CloudWatch takes", async () => {
  const log = emfLog();
  const stats = await ordersIn().stats();
  const names = ["Bestellungen für Köln", ":colon", "\n", "日本", " "];
  for (const name of names) await log.stats({ name, stats: async () => stats });
  expect(log.lines.map(({ text }) => checkEmf(text).Queue)).toEqual([
    "Bestellungen f?r K?ln",
    "_colon",
    "?",
    "??",
    "_",
  ]);
});

test("names that CloudWatch does not take are refused", () => {
  const refused: EmbeddedMetricsOptions[] = [
    { namespace: "" },
    { namespace: "AWS/Lambda" },
    { namespace: ":x" },
    { namespace: "x".repeat(256) },
    { namespace: "ü" },
    { dimensions: { Queue: "orders" } },
    { dimensions: { Completed: "1" } },
    { dimensions: { service: "inbox" } },
    { dimensions: { "": "inbox" } },
    { dimensions: { Service: "" } },
    { dimensions: { Service: "ü" } },
    { dimensions: { Service: 1 as never } },
    { dimensions: Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`D${i}`, "x"])) },
    { metrics: ["Latency" as never] },
    { metrics: "Dead" as never },
    { unit: "Count" } as never,
  ];
  for (const options of refused) expect(() => embeddedMetrics(options)).toThrow(OptionError);
});
