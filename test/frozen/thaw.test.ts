import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { drain, type Queue } from "../../src/index.ts";
import { connectRaw, privateRedis, serverTest } from "../support/redis.ts";
import { tcpStore } from "../support/stores.ts";
import { ageStarts, letTimePass } from "../support/time-travel.ts";
import { type Fixture, frozenQueues } from "./queues.ts";

const HOUR = 3_600_000;
const MONTH = 30 * 24 * HOUR;

const fixtures = readdirSync(import.meta.dirname).filter((file) => file.endsWith(".json"));

/** The fixture on a Redis of its own, as if it had been frozen a moment ago. */
async function thaw(file: string) {
  const text = readFileSync(join(import.meta.dirname, file), "utf8");
  const fixture = JSON.parse(text) as Fixture;
  const { url } = await privateRedis();
  const redis = connectRaw(url);
  onTestFinished(() => redis.disconnect());
  for (const { key, ttl, value } of fixture.keys) {
    await redis.restore(key, Math.max(0, ttl), Buffer.from(value, "base64"));
  }
  const store = tcpStore(url);
  onTestFinished(() => store.close());
  const queues = frozenQueues(store);
  const since = Date.now() - fixture.frozenAt;
  for (const { resolved } of Object.values(queues)) {
    const { stream, group } = resolved.storeQueue;
    if (group === "xdrain") await letTimePass(redis, stream, -since, group);
  }
  await ageStarts(redis, "frozen:limited", "xdrain", -since / HOUR);
  return { fixture, redis, queues };
}

/** Passes until there is nothing to do; what was completed, sorted. */
async function work(queue: Queue<string>): Promise<unknown[]> {
  const done: unknown[] = [];
  for (;;) {
    const { claimed } = await drain(queue, ({ payload }) => void done.push(payload));
    if (claimed === 0) return done.sort();
  }
}

for (const file of fixtures) {
  const release = file.replace(".json", "");

  serverTest(`what ${release} left is drained: nothing is lost, nothing done twice`, async () => {
    const { redis, queues } = await thaw(file);
    const { plain } = queues;
    expect(
      (await plain.deadLetters.list()).map(({ payload, reason }) => [payload, reason]),
    ).toEqual([["rejected", "rejected"]]);
    expect(await plain.stats()).toMatchObject({ dead: 1, totals: { completed: 1, dead: 1 } });
    const other = { item: "of another producer" };
    // What is in hand stays there until its lease ends; the rest is ready or due.
    const early = await work(plain);
    expect(early).toEqual(expect.arrayContaining(["ready", "ready, traced", other]));
    await plain.send("done again", { idempotencyKey: "k-done" });
    const all = [...early, ...(await work(plain))];
    expect(all).not.toContain("done again");
    for (const ms of [2_000, 61_000, 61_000, 61_000, HOUR, MONTH]) {
      await letTimePass(redis, "frozen:plain", ms);
      all.push(...(await work(plain)));
    }
    const suspects = Array.from({ length: 12 }, (_, n) => `suspect ${n + 1}`);
    const parked = ["parked for a second", "parked for an hour"];
    const delayed = ["delayed for a minute", "delayed for a month"];
    const ready = ["ready", "ready, traced", other, "in flight"];
    expect(all.sort()).toEqual([...suspects, ...parked, ...delayed, ...ready].sort());
    const [letter] = await plain.deadLetters.list();
    await plain.deadLetters.redrive([letter?.id ?? ""]);
    expect(await work(plain)).toEqual(["rejected"]);
    expect(await plain.depth()).toMatchObject({ entries: 0, inFlight: 0, parked: 0, delayed: 0 });
  });

  serverTest(`${release}: keys that a message holds, or that are done, are not taken`, async () => {
    const { redis, queues } = await thaw(file);
    const { deduplicated } = queues;
    for (const idempotencyKey of ["k-finished", "k-waiting", "k-later"]) {
      expect(await deduplicated.send("twin", { idempotencyKey })).toMatchObject({
        duplicate: true,
      });
    }
    expect(await work(deduplicated)).toEqual(["waiting"]);
    await letTimePass(redis, "frozen:deduplicated", HOUR);
    expect(await work(deduplicated)).toEqual(["later"]);
  });

  serverTest(`${release}: a pause, kept results and a second group stay as they were`, async () => {
    const { fixture, queues } = await thaw(file);
    const { kept, audit } = queues;
    const answers = await Promise.all(fixture.results.map((id) => kept.result(id)));
    expect(answers).toEqual([{ answer: "one" }, { answer: "two" }]);
    expect(await drain(kept, () => {})).toMatchObject({ stopped: "paused", claimed: 0 });
    await kept.resume();
    expect(await work(kept)).toEqual(["while paused"]);
    expect(await work(audit)).toEqual(["one", "two", "while paused"]);
  });

  serverTest(`${release}: limits count what its passes began`, async () => {
    const { redis, queues } = await thaw(file);
    const { limited } = queues;
    expect(await drain(limited, () => {})).toMatchObject({ stopped: "limited", claimed: 0 });
    await letTimePass(redis, "frozen:limited", 2 * HOUR);
    await ageStarts(redis, "frozen:limited", "xdrain", 2);
    const done = await work(limited);
    await letTimePass(redis, "frozen:limited", 2 * HOUR);
    await ageStarts(redis, "frozen:limited", "xdrain", 2);
    expect([...done, ...(await work(limited))].sort()).toEqual(["a", "b", "c"]);
  });
}
