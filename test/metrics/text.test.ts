import { describe, expect, inject, onTestFinished, test } from "vitest";
import { createQueue, drain } from "../../src/index.ts";
import { metricsText } from "../../src/metrics/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { type Looked, openTarget, queueOn, TARGETS } from "../inspect/targets.ts";
import { uniqueName } from "../support/redis.ts";
import { tcpProxy } from "../transports/tcp-proxy.ts";
import { type ParsedSample, parseExposition } from "./parse.ts";
import { promtool, promtoolTest } from "./promtool.ts";

/** Counters as passes would have written them. */
const COUNTED = {
  last: 1_700_000_000_000,
  completed: 90,
  retried: 5,
  dead: 2,
  duplicates: 3,
  deferred: 4,
  released: 6,
  lost: 1,
  uncertain: 7,
  reclaimed: 8,
  lostPayloads: 9,
  trimmedUnread: 11,
  passes: 10,
  requests: 40,
  commands: 400,
  h0: 50,
  h4: 30,
  h13: 10,
  hs: 654_321,
  w1: 80,
  w12: 1,
  ws: 90_000_250,
};

async function open(name: (typeof TARGETS)[number]): Promise<Looked> {
  const looked = await openTarget(name);
  onTestFinished(() => looked.close());
  return looked;
}

describe.each(TARGETS)("metrics of a queue in %s", (name) => {
  test("tell where its messages are and what passes have counted", async () => {
    const looked = await open(name);
    const queue = looked.queue();
    await queue.sendBatch([1, 2, 3].map((payload) => ({ payload })));
    await queue.send(4, { delay: "1 h" });
    await looked.count(queue, COUNTED);
    await queue.pause();

    const { value } = parseExposition(await metricsText(queue), "prometheus");
    const labels = { queue: queue.name, group: "xdrain" };
    const outcome = (outcome: string) => value("xdrain_messages_total", { ...labels, outcome });
    expect(value("xdrain_up", labels)).toBe(1);
    expect(value("xdrain_stream_length", labels)).toBe(3);
    expect(value("xdrain_ready", labels)).toBe(3);
    expect(value("xdrain_added_total", labels)).toBe(3);
    expect(value("xdrain_delayed", labels)).toBe(1);
    expect(value("xdrain_parked", labels)).toBe(0);
    expect(value("xdrain_in_flight", labels)).toBe(0);
    expect(value("xdrain_dead", labels)).toBe(0);
    expect(value("xdrain_paused", labels)).toBe(1);
    expect(value("xdrain_oldest_age_seconds", labels)).toBeGreaterThanOrEqual(0);
    expect(value("xdrain_last_pass_timestamp_seconds", labels)).toBe(1_700_000_000);
    expect(outcome("completed")).toBe(90);
    expect(outcome("retried")).toBe(5);
    expect(outcome("dead")).toBe(2);
    expect(outcome("duplicate")).toBe(3);
    expect(outcome("deferred")).toBe(4);
    expect(outcome("released")).toBe(6);
    expect(outcome("lost")).toBe(1);
    expect(outcome("uncertain")).toBe(7);
    expect(value("xdrain_lost_total", { ...labels, state: "delivered" })).toBe(9);
    expect(value("xdrain_lost_total", { ...labels, state: "unread" })).toBe(11);
    expect(value("xdrain_reclaimed_total", labels)).toBe(8);
    expect(value("xdrain_passes_total", labels)).toBe(10);
    expect(value("xdrain_requests_total", labels)).toBe(40);
    expect(value("xdrain_commands_total", labels)).toBe(400);
  });

  test("have histograms whose buckets are added up, in seconds", async () => {
    const looked = await open(name);
    const queue = looked.queue();
    await looked.count(queue, COUNTED);
    const { value } = parseExposition(await metricsText(queue), "prometheus");
    const handler = (le: string) => value("xdrain_handler_duration_seconds_bucket", { le });
    expect(handler("0.005")).toBe(50);
    expect(handler("0.05")).toBe(50);
    expect(handler("0.1")).toBe(80);
    expect(handler("60.0")).toBe(80);
    expect(handler("+Inf")).toBe(90);
    expect(value("xdrain_handler_duration_seconds_count")).toBe(90);
    expect(value("xdrain_handler_duration_seconds_sum")).toBe(654.321);
    const waited = (le: string) => value("xdrain_wait_duration_seconds_bucket", { le });
    expect(waited("0.1")).toBe(0);
    expect(waited("0.5")).toBe(80);
    expect(waited("86400.0")).toBe(80);
    expect(waited("+Inf")).toBe(81);
    expect(value("xdrain_wait_duration_seconds_sum")).toBe(90_000.25);
  });

  test("count what passes did, each of a function that knows of no other", async () => {
    const looked = await open(name);
    const { name: stream } = looked.queue();
    const pass = async (payload: number) => {
      const queue = looked.queue({ name: stream, maxFailures: 1 });
      await queue.send(payload);
      await drain(queue, (message) => {
        if (message.payload === 2) throw new Error("not this one");
      });
    };
    for (const payload of [1, 2, 3]) await pass(payload);
    const { value } = parseExposition(
      await metricsText(looked.queue({ name: stream })),
      "prometheus",
    );
    expect(value("xdrain_messages_total", { outcome: "completed" })).toBe(2);
    expect(value("xdrain_messages_total", { outcome: "dead" })).toBe(1);
    expect(value("xdrain_dead")).toBe(1);
    expect(value("xdrain_passes_total")).toBe(3);
    expect(value("xdrain_requests_total")).toBeGreaterThanOrEqual(3);
    expect(value("xdrain_handler_duration_seconds_count")).toBe(3);
    expect(value("xdrain_wait_duration_seconds_count")).toBe(3);
    expect(value("xdrain_last_pass_timestamp_seconds")).toBeGreaterThan(1_600_000_000);
  });

  test("have counters that no replay takes back, and that begin anew with a group that was retired", async () => {
    const looked = await open(name);
    const queue = looked.queue({ maxFailures: 1, retention: { count: 100 } });
    const counters = async () => {
      const parsed = parseExposition(await metricsText(queue), "prometheus");
      const counting = parsed.families.filter(({ type }) => type !== "gauge");
      return counting.flatMap(({ samples }) => samples);
    };
    const lower = (before: readonly ParsedSample[], after: readonly ParsedSample[]) =>
      before.filter(({ value }, i) => (after[i]?.value ?? -1) < value).map(({ name }) => name);
    const pass = () =>
      drain(queue, ({ payload }) => {
        if (payload === 2) throw new Error("not this one");
      });
    await queue.sendBatch([1, 2, 3].map((payload) => ({ payload })));
    await pass();
    const first = await counters();
    await queue.replay({ from: "0" });
    const replayed = await counters();
    expect(lower(first, replayed)).toEqual([]);
    await pass();
    const second = await counters();
    expect(lower(replayed, second)).toEqual([]);
    expect(second.find(({ labels }) => labels.outcome === "completed")?.value).toBeGreaterThan(2);
    await queue.retire();
    const { value } = parseExposition(await metricsText(queue), "prometheus");
    expect(value("xdrain_messages_total", { outcome: "completed" })).toBe(0);
    expect(value("xdrain_added_total")).toBe(3);
  });

  test("are there before anything was sent and before any pass", async () => {
    const queue = (await open(name)).queue();
    const { value } = parseExposition(await metricsText(queue), "prometheus");
    expect(value("xdrain_up")).toBe(1);
    expect(value("xdrain_stream_length")).toBe(0);
    expect(value("xdrain_added_total")).toBe(0);
    expect(value("xdrain_oldest_age_seconds")).toBe(0);
    expect(value("xdrain_last_pass_timestamp_seconds")).toBe(0);
    expect(value("xdrain_messages_total", { outcome: "completed" })).toBe(0);
    expect(value("xdrain_handler_duration_seconds_count")).toBe(0);
  });
});

test("one queue that cannot be read hides no other, and is told by xdrain_up and to onError", async () => {
  const looked = await open("tcp");
  const good = looked.queue();
  const bad = looked.queue();
  await good.send(1);
  await looked.target.store.read?.([["SET", bad.name, "no stream"]], {});
  const told: unknown[] = [];
  const onError = (error: unknown, queue: string) => {
    told.push([queue, (error as { code: string }).code]);
    throw new Error("a log that is broken too");
  };
  const { value, samples } = parseExposition(
    await metricsText([bad, good], { onError, consumers: 0 }),
    "prometheus",
  );
  expect(value("xdrain_up", { queue: bad.name })).toBe(0);
  expect(value("xdrain_up", { queue: good.name })).toBe(1);
  expect(value("xdrain_stream_length", { queue: good.name })).toBe(1);
  expect(samples("xdrain_stream_length").length).toBe(1);
  expect(told).toEqual([[bad.name, "store_wrong_type"]]);
});

test("a queue whose Redis hangs is one that cannot be read, told once, and the others are there", async () => {
  const good = (await open("tcp")).queue();
  const proxy = await tcpProxy(Number(new URL(inject("redisUrl")).port));
  const url = `redis://127.0.0.1:${proxy.port}`;
  const store = ioredis({ url, requestTimeoutMs: 3_600_000 }); // nothing but `timeout` ends a request
  onTestFinished(() => store.close());
  const hanging = createQueue({ name: uniqueName(), store });
  await hanging.stats();
  proxy.silence();
  const told: unknown[] = [];
  const onError = (error: unknown, queue: string) =>
    told.push([queue, (error as { code: string }).code]);
  const text = await metricsText([hanging, good], { timeout: 300, onError });
  const { value } = parseExposition(text, "prometheus");
  expect(value("xdrain_up", { queue: hanging.name })).toBe(0);
  expect(value("xdrain_up", { queue: good.name })).toBe(1);
  expect(told).toEqual([[hanging.name, "store_timeout"]]);
});

test("the statistics are there although the consumers could not be read", async () => {
  const looked = await open("tcp");
  const store = { ...looked.target.store };
  const { read } = store;
  store.read = (commands, limits) =>
    commands.some(([, what]) => what === "CONSUMERS")
      ? Promise.reject(new Error("not these"))
      : (read ?? expect.fail("It reads no commands."))(commands, limits);
  const queue = queueOn(store);
  await queue.send(1);
  const told: unknown[] = [];
  const onError = (error: unknown) => told.push(String(error));
  const { value } = parseExposition(await metricsText(queue, { onError }), "prometheus");
  expect(value("xdrain_up")).toBe(1);
  expect(value("xdrain_ready")).toBe(1);
  expect(told).toEqual(["Error: not these"]);
});

test("xdrain_pending names the consumers that have the most, and no more than it may", async () => {
  const looked = await open("tcp");
  const queue = looked.queue();
  const { store } = looked.target;
  const run = (...command: string[]) => store.read?.([command], {});
  await queue.sendBatch(Array.from({ length: 10 }, (_, payload) => ({ payload })));
  await run("XGROUP", "CREATE", queue.name, "xdrain", "0");
  const takes: readonly (readonly [string, number])[] = [
    ["one", 1],
    ["four", 4],
    ['three "\\\n', 3],
  ];
  for (const [consumer, count] of takes) {
    const read = ["XREADGROUP", "GROUP", "xdrain", consumer, "COUNT", String(count)];
    await run(...read, "STREAMS", queue.name, ">");
  }
  await run("XGROUP", "CREATECONSUMER", queue.name, "xdrain", "idle");

  const pending = async (consumers: number) => {
    const text = await metricsText(queue, { consumers });
    return parseExposition(text, "prometheus").samples("xdrain_pending");
  };
  const labels = { queue: queue.name, group: "xdrain" };
  const name = "xdrain_pending";
  const [four, three, one] = [
    { name, labels: { ...labels, consumer: "four" }, value: 4 },
    { name, labels: { ...labels, consumer: 'three "\\\n' }, value: 3 },
    { name, labels: { ...labels, consumer: "one" }, value: 1 },
  ];
  expect(await pending(50)).toEqual([four, three, one]);
  expect(await pending(2)).toEqual([four, three]);
  expect(await pending(0)).toEqual([]);
});

test("xdrain_pending names fifty consumers where nobody says otherwise, and the sum stays right", async () => {
  const looked = await open("tcp");
  const queue = looked.queue();
  const { store } = looked.target;
  await queue.sendBatch(Array.from({ length: 62 }, (_, payload) => ({ payload })));
  await store.read?.([["XGROUP", "CREATE", queue.name, "xdrain", "0"]], {});
  const take = (consumer: string, count: number) => {
    const group = ["GROUP", "xdrain", consumer, "COUNT", String(count)];
    return store.read?.([["XREADGROUP", ...group, "STREAMS", queue.name, ">"]], {});
  };
  for (let i = 0; i < 60; i += 1) await take(`c${i}`, i === 59 ? 3 : 1);
  const { samples, value } = parseExposition(await metricsText(queue), "prometheus");
  const named = samples("xdrain_pending");
  expect(named.length).toBe(50);
  expect(named[0]?.labels.consumer).toBe("c59");
  expect(value("xdrain_in_flight")).toBe(62);
});

test("the common names of Redis Streams take the place of four of ours, and the others stay", async () => {
  const looked = await open("tcp");
  const queue = looked.queue();
  await looked.count(queue, COUNTED);
  await queue.send(1);
  const names = (text: string) => parseExposition(text, "prometheus").families.map((f) => f.name);
  const ours = names(await metricsText(queue));
  const common = names(await metricsText(queue, { names: "redis-streams" }));
  const renamed = common.filter((name) => !ours.includes(name));
  expect(renamed).toEqual([
    "redis_streams_processed_total",
    "redis_streams_duration_seconds",
    "redis_streams_length",
  ]);
  expect(ours.filter((name) => !common.includes(name))).toEqual([
    "xdrain_messages_total",
    "xdrain_handler_duration_seconds",
    "xdrain_stream_length",
  ]);
  await queue.resolved.store.read?.(
    [
      ["XGROUP", "CREATE", queue.name, "xdrain", "0"],
      ["XREADGROUP", "GROUP", "xdrain", "c", "STREAMS", queue.name, ">"],
    ],
    {},
  );
  const text = await metricsText(queue, { names: "redis-streams" });
  expect(parseExposition(text, "prometheus").value("redis_streams_pending")).toBe(1);
});

test("OpenMetrics names a counter's family without its ending, and says where the text ends", async () => {
  const looked = await open("memory");
  const queue = looked.queue();
  await looked.count(queue, COUNTED);
  const text = await metricsText(queue, { format: "openmetrics" });
  const { value, families } = parseExposition(text, "openmetrics");
  expect(families.some(({ name }) => name === "xdrain_messages")).toBe(true);
  expect(value("xdrain_messages_total", { outcome: "completed" })).toBe(90);
  expect(text.endsWith("\n# EOF\n")).toBe(true);
});

test("a metric stands together, however many queues there are", async () => {
  const looked = await open("memory");
  const queues = [looked.queue(), looked.queue(), looked.queue()];
  const { samples } = parseExposition(await metricsText(queues), "prometheus");
  expect(samples("xdrain_ready").map(({ labels }) => labels.queue)).toEqual(
    queues.map(({ name }) => name),
  );
});

promtoolTest("promtool finds nothing to mend in the metrics, under either names", async () => {
  const looked = await open("tcp");
  const queue = looked.queue({ name: `say "hello"\\\n${looked.queue().name}` });
  await looked.count(queue, COUNTED);
  await queue.send(1);
  for (const names of ["xdrain", "redis-streams"] as const) {
    const text = await metricsText([queue, looked.queue()], { names });
    expect(promtool(["check", "metrics"], text)).toEqual({ status: 0, said: "" });
  }
});
