import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { drain, type QueueOptions, Reject } from "../../src/index.ts";
import { inspect } from "../../src/inspect/index.ts";
import { groupKeys } from "../../src/redis/keys.ts";
import { inHand, newToken, openWorkbench, rejectAll } from "../conformance/workbench.ts";
import { connectRaw } from "../support/redis.ts";
import { letTimePass } from "../support/time-travel.ts";
import { type Looked, openTarget } from "./targets.ts";

describe.each(["tcp", "rest"] as const)("the story of a message over %s", (name) => {
  let looked: Looked;
  const redis = connectRaw();
  beforeAll(async () => {
    looked = await openTarget(name);
  });
  afterAll(async () => {
    redis.disconnect();
    await looked.close();
  });

  test("that is not due yet tells when it is", async () => {
    const queue = looked.queue();
    const { id } = await queue.send({ n: 1 }, { delay: "1 h", idempotencyKey: "k" });
    const story = await inspect(queue).show(id);
    expect(story).toMatchObject({
      id,
      where: "delayed",
      entryId: undefined,
      deliveries: 0,
      content: { payload: '{"n":1}', idempotencyKey: "k" },
      searchedAll: true,
    });
    expect(story.nextAt?.getTime()).toBe(story.sentAt.getTime() + 3_600_000);
    expect(story.why).toBe(`It is delayed until ${story.nextAt?.toISOString()}.`);
  });

  test("that was cancelled is gone", async () => {
    const queue = looked.queue();
    const { id } = await queue.send(1, { delay: "1 h" });
    await queue.cancel(id);
    const story = await inspect(queue).show(id);
    expect(story).toMatchObject({ where: "gone", content: undefined, searchedAll: true });
  });

  test("that was delayed is found by both of its ids once it is in the stream", async () => {
    const queue = looked.queue();
    const { id } = await queue.send("due", { delay: 1 });
    await queue.send("other");
    await looked.target.pass(2);
    const bench = openWorkbench(looked.target, { name: queue.name });
    const { messages } = await bench.claim("xd:a");
    const entryId = messages.find(({ fields }) => fields.includes(id))?.id ?? "";
    const found = { where: "inFlight", entryId, consumer: "xd:a", content: { delayedId: id } };
    expect(await inspect(queue).show(id)).toMatchObject({ id, ...found });
    expect(await inspect(queue).show(entryId)).toMatchObject({ id: entryId, ...found });
  });

  test("that waits for a pass says so, and when the last pass ended", async () => {
    const queue = looked.queue();
    const { id } = await queue.send("x".repeat(50));
    const view = inspect(queue);
    expect(await view.show(id, { payloadChars: 9 })).toMatchObject({
      where: "ready",
      entryId: id,
      why: "It waits for a pass to take it; no pass is known to have ended yet.",
      nextAt: undefined,
      content: { payload: '"xxxxxxxx', payloadIsCut: true },
    });
    await looked.count(queue, { last: 1_700_000_000_000 });
    expect((await view.show(id)).why).toBe(
      "It waits for a pass to take it; the last pass ended at 2023-11-14T22:13:20.000Z.",
    );
    await queue.pause();
    expect((await view.show(id)).why).toMatch(/The queue is paused: nothing is handed out\.$/);
  });

  test("in flight names its owner, and when its lease ends", async () => {
    const bench = openWorkbench(looked.target);
    const [id = ""] = await bench.send(1);
    await bench.claim("xd:a");
    const { at } = await bench.queue.stats();
    const story = await inspect(bench.queue).show(id);
    expect(story).toMatchObject({
      where: "inFlight",
      consumer: "xd:a",
      deliveries: 1,
      failures: 0,
    });
    expect(story.idleMs).toBeGreaterThanOrEqual(0);
    const leaseEnd = story.nextAt?.getTime() ?? 0;
    expect(leaseEnd).toBeGreaterThan(at.getTime() + 55_000);
    expect(leaseEnd).toBeLessThanOrEqual(at.getTime() + 60_000);
    expect(story.why).toMatch(/^xd:a has had it for 0 s, and works on it/);
  });

  test("whose lease is over waits for a sweep", async () => {
    const bench = openWorkbench(looked.target);
    const [id = ""] = await bench.send(1);
    await bench.claim("xd:a");
    await letTimePass(redis, bench.queue.name, 90_000);
    const view = inspect(bench.queue);
    expect((await view.show(id)).why).toMatch(
      /^xd:a has had it for 90 s, longer than its lease: a sweep[^.]*\.$/,
    );
    await bench.queue.pause();
    expect((await view.show(id)).why).toMatch(/takes it back\. The queue is paused/);
  });

  test("is told by the lease that passes agreed on, whatever the queue is opened with here", async () => {
    const bench = openWorkbench(looked.target, { visibilityTimeout: "15m" });
    const [id = ""] = await bench.send(1);
    await bench.claim("xd:a");
    await letTimePass(redis, bench.queue.name, 90_000);
    await bench.turn(newToken());
    const { at } = await bench.queue.stats();
    const story = await inspect(looked.queue({ name: bench.queue.name })).show(id);
    expect(story.why).toMatch(/^xd:a has had it for 9\d s, and works on it/);
    expect(story.nextAt?.getTime()).toBeGreaterThan(at.getTime() + 800_000);
    const { state } = groupKeys(bench.port);
    await redis.hset(state, "lease", 60_000, "lease_before", 60_000);
    expect((await inspect(looked.queue({ name: bench.queue.name })).show(id)).why).toMatch(
      /longer than its lease/,
    );
  });

  test("that is paused while a pass works on it is worked on all the same", async () => {
    const bench = openWorkbench(looked.target);
    const [id = ""] = await bench.send(1);
    await bench.claim("xd:a");
    await bench.queue.pause();
    expect((await inspect(bench.queue).show(id)).why).toMatch(/works on it as far as is known\.$/);
  });

  test("that is due in a paused queue says both", async () => {
    const bench = openWorkbench(looked.target);
    const [id = ""] = await bench.send(1);
    const { messages } = await bench.claim("xd:a");
    await bench.turn("xd:a", { retry: inHand(messages).map((one) => ({ ...one, delayMs: 0 })) });
    await bench.queue.pause();
    expect((await inspect(bench.queue).show(id)).why).toMatch(
      /and waits for a pass to take it\. The queue is paused: nothing is handed out\.$/,
    );
  });

  test("whose key another message has says so, until that one is done", async () => {
    const bench = openWorkbench(looked.target);
    const ids = await bench.sendKeyed("k", "k");
    const { messages } = await bench.claim("xd:a");
    const view = inspect(bench.queue);
    expect(await view.show(ids[1] ?? "")).toMatchObject({
      where: "parked",
      why: expect.stringMatching(/Another message with its key is worked on\.$/),
    });
    expect((await view.show(ids[0] ?? "")).why).not.toContain("key");
    await bench.turn("xd:a", { keyed: true, complete: inHand(messages, "k") });
    expect((await view.show(ids[1] ?? "")).why).toMatch(
      /The work of its key is done: it is completed without running\.$/,
    );
  });

  test("whose own retry holds a key is not held back by itself", async () => {
    const queue = looked.queue({ deduplicate: true, backoff: { initial: "1 h" } });
    const { id } = await queue.send(1, { idempotencyKey: "k" });
    const view = inspect(queue);
    expect((await view.show(id)).why).not.toContain("key");
    await drain(queue, () => {
      throw new Error("later");
    });
    expect((await view.show(id)).why).toMatch(/^It waits until [^ ]*\.$/);
  });

  test("that waits for a limit of the queue says for which", async () => {
    const whyOf = async (limit: Partial<QueueOptions>) => {
      const bench = openWorkbench(looked.target, limit);
      const ids = await bench.send(1, 2);
      const view = inspect(bench.queue);
      expect((await view.show(ids[1] ?? "")).why).toMatch(/ended yet\.$/);
      await bench.claim("xd:a", 1);
      return (await view.show(ids[1] ?? "")).why;
    };
    expect(await whyOf({ rateLimit: { limit: 1, per: "1 h" } })).toMatch(
      /The rate limit is reached: the next begins at \d{4}-.*Z\.$/,
    );
    expect(await whyOf({ maxInFlight: 1 })).toMatch(/As many are in flight as may be: 1\.$/);
    expect(await whyOf({ maxPasses: 1 })).toMatch(/As many passes are under way as may be: 1\.$/);
  });

  test("that was redriven is gone under its old id, and waits under the new one", async () => {
    const queue = looked.queue();
    const { id } = await queue.send(1);
    await drain(queue, () => {
      throw new Reject("no");
    });
    const view = inspect(queue);
    const letter = (await view.show(id)).deadLetter?.id ?? "";
    await queue.deadLetters.redrive([letter]);
    expect(await view.show(id)).toMatchObject({ where: "gone", searchedAll: true });
    const [entry] = (await view.entries()).items;
    expect(await view.show(entry?.id ?? "")).toMatchObject({ where: "ready", deliveries: 0 });
  });

  test("of a foreign entry tells its fields, and of one that retention trimmed nothing", async () => {
    const bench = openWorkbench(looked.target, { retention: { count: 1 } });
    await bench.outside.add("user", "1001");
    await drain(bench.queue, () => {});
    const view = inspect(bench.queue);
    const [foreign] = (await view.entries()).items;
    expect(await view.show(foreign?.id ?? "")).toMatchObject({
      where: "done",
      content: { payload: '{"user":"1001"}' },
    });
    await redis.xtrim(bench.port.stream, "MAXLEN", 0);
    expect(await view.show(foreign?.id ?? "")).toMatchObject({ where: "gone" });
  });

  test("whose pass died is a suspect, and counts its crashes and failures apart", async () => {
    const bench = openWorkbench(looked.target);
    const [id = ""] = await bench.send(1);
    const { messages } = await bench.claim("xd:a");
    await bench.turn("xd:a", { retry: inHand(messages).map((one) => ({ ...one, delayMs: 0 })) });
    await bench.claim("xd:b");
    await letTimePass(redis, bench.queue.name, 90_000);
    await bench.turn(newToken(), { claim: 0 });
    const view = inspect(bench.queue);
    expect(await view.show(id)).toMatchObject({
      where: "inFlight",
      consumer: "xd:suspects",
      deliveries: 2,
      nextAt: undefined,
      why: "The pass that had it died; it is handed out again in a small batch, or alone.",
    });
    const again = await bench.claim("xd:c");
    expect(await view.show(id)).toMatchObject({ deliveries: 3, crashes: 1, failures: 1 });
    const held = again.messages.map(({ id, delivery }) => ({
      id,
      delivery,
      key: "",
      crashed: true,
    }));
    await bench.turn("xd:c", { retry: held.map((one) => ({ ...one, delayMs: 60_000 })) });
    expect(await view.show(id)).toMatchObject({
      where: "parked",
      deliveries: 3,
      crashes: 1,
      failures: 2,
    });
  });

  test("that is parked tells when it is tried again, or that it is due", async () => {
    const bench = openWorkbench(looked.target);
    const [id = ""] = await bench.send(1);
    const { messages } = await bench.claim("xd:a");
    await bench.turn("xd:a", {
      retry: inHand(messages).map((one) => ({ ...one, delayMs: 60_000 })),
    });
    const view = inspect(bench.queue);
    const story = await view.show(id);
    expect(story).toMatchObject({
      where: "parked",
      deliveries: 1,
      failures: 1,
      content: { payload: "1" },
    });
    expect(story.why).toBe(`It waits until ${story.nextAt?.toISOString()}.`);
    await letTimePass(redis, bench.queue.name, 61_000);
    expect((await view.show(id)).why).toMatch(
      /^It waits no longer: it was due at .*, and waits for a pass to take it\.$/,
    );
  });

  test("that is dead tells the reason and the error, by the id of the message or of its delay", async () => {
    const queue = looked.queue();
    const { id } = await queue.send({ n: 1 });
    const delayed = await queue.send({ n: 2 }, { delay: 1 });
    await looked.target.pass(2);
    await drain(queue, () => {
      throw new Reject("no such user");
    });
    const view = inspect(queue);
    const story = await view.show(id);
    expect(story).toMatchObject({
      where: "dead",
      entryId: undefined,
      deliveries: 1,
      failures: 1,
      content: { payload: '{"n":1}' },
      deadLetter: { originalId: id, reason: "rejected", deliveries: 1 },
    });
    expect(story.deadLetter?.error).toContain("no such user");
    expect(await view.show(delayed.id)).toMatchObject({
      where: "dead",
      content: { payload: '{"n":2}', delayedId: delayed.id },
    });
  });

  test("that is dead says so where its entry stays in the stream", async () => {
    const bench = openWorkbench(looked.target, { shared: true });
    const [id = ""] = await bench.send(1);
    const { messages } = await bench.claim("xd:a");
    await bench.turn("xd:a", { dead: rejectAll(inHand(messages)) });
    expect(await inspect(bench.queue).show(id)).toMatchObject({ where: "dead", entryId: id });
  });

  test("that is completed is done where something of it is kept, and else gone", async () => {
    const storyAfterDrain = async (options: Partial<QueueOptions>) => {
      const queue = looked.queue(options);
      const { id } = await queue.send(1);
      await drain(queue, () => ({ sum: 3 }));
      return inspect(queue).show(id);
    };
    const inStream = await storyAfterDrain({ retention: { count: 10 } });
    const recorded = await storyAfterDrain({ keepResults: true });
    const gone = await storyAfterDrain({});
    expect(inStream).toMatchObject({
      where: "done",
      entryId: inStream.id,
      content: { payload: "1" },
    });
    expect(recorded).toMatchObject({ where: "done", entryId: undefined, result: '{"sum":3}' });
    expect(recorded.doneUntil?.getTime()).toBeGreaterThan(recorded.sentAt.getTime() + 86_000_000);
    expect(gone).toMatchObject({ where: "gone", searchedAll: true });
  });

  test("whose record among the keys says in progress is not done by that", async () => {
    const queue = looked.queue();
    await redis.zadd(
      groupKeys(queue.resolved.storeQueue).keys,
      2 * 4e12,
      "5-0",
      2 * 4e12 + 1,
      "6-0",
    );
    expect(await inspect(queue).show("5-0")).toMatchObject({ where: "gone", doneUntil: undefined });
    const done = { where: "done", doneUntil: new Date(4e12) };
    expect(await inspect(queue).show("6-0")).toMatchObject(done);
  });

  test("whose entry somebody removed while it was in flight says so", async () => {
    const bench = openWorkbench(looked.target);
    const [id = ""] = await bench.send(1);
    await bench.claim("xd:a");
    await bench.outside.delete(id);
    const story = await inspect(bench.queue).show(id);
    expect(story).toMatchObject({ where: "inFlight", entryId: undefined, content: undefined });
    expect(story.why).toMatch(/Its entry is gone: somebody else removed it\.$/);
  });

  test("says when more dead letters were written since than one look goes through", async () => {
    const bench = openWorkbench(looked.target);
    const letter = ["failed_at", "1", "reason", "rejected", "error", "", "deliveries", "1"];
    const adding = Array.from({ length: 501 }, () =>
      bench.outside.addDeadLetter(...letter, "failures", "1", "original_id", "7-0", "a", "b"),
    );
    await Promise.all(adding);
    const story = await inspect(bench.queue).show("1-0");
    expect(story).toMatchObject({ where: "gone", searchedAll: false });
    expect(story.why).toMatch(/or is farther on\.$/);
    expect(await inspect(bench.queue).show("7-0")).toMatchObject({ where: "dead" });
  });
});
