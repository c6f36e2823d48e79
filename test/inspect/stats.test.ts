import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { drain, type Queue } from "../../src/index.ts";
import { inHand, openWorkbench, type Workbench } from "../conformance/workbench.ts";
import { type Looked, openTarget, TARGETS } from "./targets.ts";

describe.each(TARGETS)("the statistics over %s", (name) => {
  let looked: Looked;
  beforeAll(async () => {
    looked = await openTarget(name);
  });
  afterAll(() => looked.close());

  /** The server's time, in milliseconds. */
  const timeOf = async (queue: Queue<unknown>) => (await queue.stats()).at.getTime();

  test("of a queue that never was are zeros", async () => {
    const stats = await looked.queue().stats();
    expect(stats).toMatchObject({
      ready: 0,
      readyIsExact: true,
      inFlight: 0,
      parked: 0,
      delayed: 0,
      dead: 0,
      entries: 0,
      oldestReadyAgeMs: undefined,
      consumers: 0,
      lastMinute: { completed: 0, failed: 0, perSecond: 0, failureRate: 0 },
      drainsInMs: 0,
      bytes: 0,
      lastPassAt: undefined,
      paused: false,
      totals: { completed: 0, passes: 0, commands: 0 },
    });
    expect(stats.at.getTime()).toBeGreaterThan(0);
  });

  test("tell how much is where", async () => {
    const { queue, send, turn, claim } = openWorkbench(looked.target);
    await send(...Array.from({ length: 10 }, (_, n) => n));
    await queue.send("later", { delay: "1 h" });
    const { messages } = await claim("xd:a", 4);
    const [one, two, ...held] = inHand(messages);
    const story = { reason: "rejected" as const, error: "Reject: no", failures: 1 };
    await turn("xd:a", {
      held,
      retry: one === undefined ? [] : [{ ...one, delayMs: 60_000 }],
      dead: two === undefined ? [] : [{ ...two, ...story }],
    });
    const found = { ready: 6, inFlight: 2, parked: 1, delayed: 1, dead: 1, entries: 9, added: 10 };
    expect(await queue.stats()).toMatchObject({ ...found, consumers: 2 });
  });

  test("of a queue without a group count what a pass would find there", async () => {
    const everything = looked.queue();
    await everything.send(1);
    expect(await everything.stats()).toMatchObject({ ready: 1, oldestReadyAgeIsExact: true });
    const newest = looked.queue({ start: "$" });
    await newest.send(1);
    expect(await newest.stats()).toMatchObject({ ready: 0, oldestReadyAgeMs: undefined });
    await looked.count(newest, { last: 1 }); // a pass has worked: a lost group is made anew at 0
    expect(await newest.stats()).toMatchObject({ ready: 1 });
    const bench = openWorkbench(looked.target);
    const ids = await bench.send(1, 2);
    const behind = (n: number) =>
      looked.queue({ name: bench.queue.name, start: ids[n] as `${number}-${number}` }).stats();
    expect(await behind(0)).toMatchObject({ ready: 2, readyIsExact: false });
    expect(await behind(1)).toMatchObject({ ready: 0, readyIsExact: true });
  });

  test("count neither the mark of a pause nor that of a trim as parked", async () => {
    const queue = looked.queue({ shared: true });
    await queue.send(1);
    await drain(queue, () => {});
    await queue.pause();
    expect(await queue.stats()).toMatchObject({ parked: 0, paused: true });
    await queue.resume();
    expect(await queue.stats()).toMatchObject({ parked: 0, paused: false });
  });

  describe("the oldest ready message", () => {
    async function waiting(bench: Workbench, ms: number) {
      await looked.target.pass(ms);
      return bench.queue.stats();
    }

    test("is none where all are claimed", async () => {
      const bench = openWorkbench(looked.target);
      await bench.send(1);
      await bench.claim("xd:a");
      const stats = await waiting(bench, 20);
      expect(stats).toMatchObject({ ready: 0, oldestReadyAgeMs: undefined });
    });

    test("is the first entry where none before it is in the stream", async () => {
      const bench = openWorkbench(looked.target);
      const [id = ""] = await bench.send(1);
      await looked.target.pass(30);
      await bench.send(2);
      const stats = await waiting(bench, 20);
      expect(stats).toMatchObject({ ready: 2, oldestReadyAgeIsExact: true });
      expect(stats.oldestReadyAgeMs).toBe(stats.at.getTime() - millisecondsOf(id));
    });

    test("is the last entry where only one is ready", async () => {
      const bench = openWorkbench(looked.target);
      await bench.send(1, 2);
      await bench.claim("xd:a");
      await looked.target.pass(30);
      const [id = ""] = await bench.send(3);
      const stats = await waiting(bench, 20);
      expect(stats).toMatchObject({ ready: 1, oldestReadyAgeIsExact: true });
      expect(stats.oldestReadyAgeMs).toBe(stats.at.getTime() - millisecondsOf(id));
    });

    test("is younger than what was delivered last where others are before it", async () => {
      const bench = openWorkbench(looked.target);
      const [, second = ""] = await bench.send(1, 2);
      await bench.claim("xd:a");
      await looked.target.pass(30);
      const [oldest = ""] = await bench.send(3, 4);
      const stats = await waiting(bench, 20);
      const age = stats.at.getTime() - millisecondsOf(oldest);
      expect(stats).toMatchObject({ ready: 2, oldestReadyAgeIsExact: false });
      expect(stats.oldestReadyAgeMs).toBe(stats.at.getTime() - millisecondsOf(second));
      expect(stats.oldestReadyAgeMs).toBeGreaterThan(age);
    });

    test("is younger than the last pass that found nothing", async () => {
      const bench = openWorkbench(looked.target);
      await bench.send(1, 2);
      await bench.claim("xd:a");
      await looked.target.pass(30);
      const empty = await timeOf(bench.queue);
      await looked.count(bench.queue, { empty });
      await bench.send(3, 4);
      const stats = await waiting(bench, 20);
      expect(stats.oldestReadyAgeIsExact).toBe(false);
      expect(stats.oldestReadyAgeMs).toBe(stats.at.getTime() - empty);
    });
  });

  test("count what is ready as a bound where unread entries were deleted", async () => {
    const bench = openWorkbench(looked.target);
    const ids = await bench.send(1, 2, 3, 4, 5);
    await bench.claim("xd:a", 1);
    await bench.outside.delete(ids[2] ?? "");
    const { ready, readyIsExact } = await bench.queue.stats();
    expect(ready).toBeGreaterThanOrEqual(3);
    expect(ready).toBeLessThanOrEqual(readyIsExact ? 3 : 4);
  });

  test("count what is ready exactly where somebody has trimmed the oldest", async () => {
    const bench = openWorkbench(looked.target);
    const ids = await bench.send(1, 2, 3, 4, 5);
    await bench.claim("xd:a", 1);
    await bench.outside.trimBelow(ids[3] ?? "");
    expect(await bench.queue.stats()).toMatchObject({ ready: 2, readyIsExact: true });
  });

  test("add up the minutes that end now, the one before them in part", async () => {
    const queue = looked.queue();
    await queue.send(1);
    const now = await timeOf(queue);
    const minute = Math.floor(now / 60_000);
    const place = (back: number) => `m${(minute - back) % 60}`;
    await looked.count(queue, {
      [place(0)]: `${minute}:60:20`,
      [place(1)]: `${minute - 1}:60:20`,
      [place(10)]: `${minute - 10}:120:0`,
      [place(20)]: `${minute - 80}:1000:1000`,
    });
    const stats = await queue.stats();
    const elapsed = stats.at.getTime() / 60_000 - minute;
    // Unless the minute ended just now: then the first of them counts in part, the others as before.
    const completed = elapsed < 1 ? 60 + 60 * (1 - elapsed) : 60 * (2 - elapsed);
    expect(stats.lastMinute.completed).toBe(Math.round(completed));
    expect(stats.lastMinute.failureRate).toBeCloseTo(0.25);
    expect(stats.lastMinute.perSecond).toBeCloseTo(completed / 60);
    expect(stats.lastHour).toMatchObject({ completed: 240, failed: 40 });
    expect(stats.drainsInMs).toBe(Math.ceil(1_000 / stats.lastMinute.perSecond));
  });

  test("tell by the hour how long it takes where the last minute completed nothing", async () => {
    const queue = looked.queue();
    await queue.send(1);
    const minute = Math.floor((await timeOf(queue)) / 60_000);
    expect((await queue.stats()).drainsInMs).toBe(undefined);
    await looked.count(queue, { [`m${(minute - 30) % 60}`]: `${minute - 30}:3600:0` });
    const { drainsInMs } = await queue.stats();
    expect(drainsInMs).toBeGreaterThan(950);
    expect(drainsInMs).toBeLessThanOrEqual(1_000);
  });

  test("carry the totals, the histograms and the time of the last pass as passes wrote them", async () => {
    const queue = looked.queue();
    const counters = {
      last: 1_700_000_000_123,
      completed: 7,
      lostPayloads: 2,
      h0: 3,
      h13: 1,
      hs: 70,
    };
    await looked.count(queue, { ...counters, w0: 4, w12: 5, ws: 9_000, retried: "nonsense" });
    const stats = await queue.stats();
    expect(stats.lastPassAt).toEqual(new Date(1_700_000_000_123));
    expect(stats.totals).toMatchObject({ completed: 7, lostPayloads: 2, retried: 0 });
    expect(stats.handlerTime.bounds.length).toBe(stats.handlerTime.counts.length - 1);
    expect(stats.handlerTime).toMatchObject({
      counts: [3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
      sumMs: 70,
    });
    expect(stats.waitingTime.bounds.length).toBe(stats.waitingTime.counts.length - 1);
    expect(stats.waitingTime).toMatchObject({
      counts: [4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5],
      sumMs: 9_000,
    });
  });
});

function millisecondsOf(id: string): number {
  return Number(id.split("-")[0]);
}
