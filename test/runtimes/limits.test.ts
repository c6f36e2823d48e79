import { expect, test } from "vitest";
import { createQueue, type DrainOptions, OptionError } from "../../src/index.ts";
import { upstash } from "../../src/redis/upstash.ts";
import { drainWorks } from "../../src/runtimes/drain-works.ts";
import { narrow, withinInvocation } from "../../src/runtimes/limits.ts";
import { checkWorks, type Work, work } from "../../src/runtimes/work.ts";
import { memoryStore } from "../../src/testing.ts";
import { servingQueues, TOKENS, tcpWork } from "./support.ts";

const NOW = 1_700_000_000_000;
const clock = { now: () => NOW, random: () => 0.5, sleep: () => Promise.resolve() };

function workAt(options: DrainOptions = {}, name = "inbox"): Work {
  const store = upstash({ url: "http://127.0.0.1:1", token: "x", clock });
  return work(createQueue({ name, store }), () => {}, options);
}

const at = (seconds: number) => new Date(NOW + seconds * 1_000);

test("what the platform leaves holds where the work names nothing, and where it names more", () => {
  const limits = { deadline: at(60), maxRequests: 45 };
  expect(withinInvocation(workAt(), limits)).toEqual(limits);
  expect(withinInvocation(workAt({ deadline: at(90), maxRequests: 500 }), limits)).toEqual(limits);
});

test("what the work names holds where it is less", () => {
  const options = { deadline: at(10), maxRequests: 5, batch: 7, maxDuration: "3 s" } as const;
  expect(withinInvocation(workAt(options), { deadline: at(60), maxRequests: 45 })).toEqual(options);
  expect(withinInvocation(workAt(options), {})).toEqual(options);
});

test("a request narrows every limit", () => {
  const asked = {
    maxDuration: "2 s",
    maxMessages: 10,
    maxRequests: 9,
    concurrency: 2,
    batch: 5,
    maxBytes: 1_000,
  };
  expect(narrow(workAt(), {}, asked)).toEqual({
    deadline: at(2),
    maxMessages: 10,
    maxRequests: 9,
    concurrency: 2,
    batch: 5,
    maxBytes: 1_000,
  });
});

test("a request widens no limit, neither one that was set nor a default", () => {
  const allowed = { deadline: at(10), maxMessages: 10, maxRequests: 9, concurrency: 2, batch: 5 };
  const more = { maxMessages: 11, maxRequests: 10, concurrency: 3, batch: 6, maxDuration: "11 s" };
  expect(narrow(workAt(), allowed, more)).toEqual(allowed);
  expect(
    narrow(workAt(), {}, { ...more, concurrency: 50, batch: 500, maxDuration: "1 h" }),
  ).toEqual({
    deadline: at(25),
    maxMessages: 11,
    maxRequests: 10,
    concurrency: 10,
    batch: 100,
  });
});

test("limits that nobody knows or that cannot be used are refused", () => {
  const wrong = [7, [], null, "x", { lanes: 9 }, { deadline: 1 }, { signal: {} }, { batch: 0 }];
  const worse = [{ batch: "5" }, { maxRequests: 2 }, { maxDuration: "soon" }, { maxMessages: 1.5 }];
  for (const asked of [...wrong, ...worse]) {
    expect(() => narrow(workAt(), {}, asked), JSON.stringify(asked)).toThrow(OptionError);
  }
});

test("queues of one name, with each other's dead letters, and no queue at all, are refused", () => {
  expect(() => checkWorks([])).toThrow(OptionError);
  expect(() => checkWorks([workAt(), workAt()])).toThrow(OptionError);
  expect(checkWorks(workAt())).toHaveLength(1);
  const store = memoryStore();
  const queueOf = (name: string, stream: string, at = store) =>
    work(createQueue({ name, store: at, deadLetters: { stream } }), () => {});
  const circle = () => checkWorks([queueOf("ping", "pong"), queueOf("pong", "ping")]);
  expect(circle).toThrow("without each other's dead letters");
  const apart = [queueOf("ping", "pong"), queueOf("pong", "ping", memoryStore())];
  expect(checkWorks(apart)).toHaveLength(2);
});

test("wrong options of a work are found when it is made", () => {
  expect(() => workAt({ batch: 0 })).toThrow(OptionError);
  expect(() => work(workAt().queue, undefined as never)).toThrow(OptionError);
});

test("over HTTP a drain takes no more than was asked, and no more than is allowed", async () => {
  const inbox = tcpWork(() => {}, { maxMessages: 5 });
  await inbox.queue.sendBatch(Array.from({ length: 20 }, (_, n) => ({ payload: n })));
  await servingQueues(inbox, async (ask) => {
    const path = `/queues/${inbox.queue.name}/drain`;
    const token = TOKENS.drain;
    const asked = [{ maxMessages: 3 }, { maxMessages: 1_000 }];
    for (const body of asked) {
      const { json } = await ask(path, { token, body });
      expect(json).toMatchObject({
        completed: Math.min(body.maxMessages, 5),
        stopped: "messages",
        more: true,
      });
    }
    const refused = await ask(path, { token, body: { lanes: 4 } });
    expect([refused.status, refused.json.error.code]).toEqual([400, "invalid_option"]);
  });
});

test("the queues of one invocation share its requests evenly", async () => {
  const works = [tcpWork(() => {}, { batch: 1 }), tcpWork(() => {}, { batch: 1 })];
  for (const { queue } of works) {
    await queue.sendBatch(Array.from({ length: 30 }, (_, n) => ({ payload: n })));
  }
  const reports = await drainWorks(works, { limits: { maxRequests: 21 } });
  for (const { requests, stopped } of reports) {
    expect(stopped).toBe("requests");
    expect(requests).toBeLessThanOrEqual(10);
  }
});

test("a queue that cannot be drained stops no other", async () => {
  const told: string[] = [];
  const onReport = ({ queue }: { queue: string }) => told.push(queue);
  const down = workAt();
  const inbox = tcpWork();
  await expect(drainWorks([down, inbox], { limits: {}, onReport })).rejects.toMatchObject({
    code: "store_unavailable",
  });
  expect(told).toEqual([inbox.queue.name]);
});

test("limits that cannot be used are refused before any pass begins", async () => {
  const inbox = tcpWork();
  await inbox.queue.send(1);
  const works = [inbox, workAt({})];
  await expect(drainWorks(works, { limits: {}, asked: { maxRequests: 2 } })).rejects.toThrow(
    OptionError,
  );
  expect(await inbox.queue.depth()).toMatchObject({ entries: 1 });
});
