import { describe, expect, test } from "vitest";
import { createQueue, drain, type QueueOptions, Reject } from "../../src/index.ts";
import type { Target } from "./target.ts";
import { idsOf, inHand, newToken, openWorkbench } from "./workbench.ts";

const LEASE_MS = 60_000;
const KEYED = { keyed: true } as const;
const keyed = { idempotencyKey: "k" } as const;

/** Functions of one queue whose options differ, as those of two deployments that overlap do. */
export function options(target: () => Target): void {
  /** The same queue twice, with options of its own each. */
  function openTwo(one: Partial<QueueOptions>, other: Partial<QueueOptions>) {
    const first = openWorkbench(target(), one);
    const shared = { name: first.queue.name, deadLetters: deadLettersOf(first.queue.name) };
    return [first, openWorkbench(target(), { ...shared, ...other })] as const;
  }
  const deadLettersOf = (name: string) => ({ stream: `{${name}}:dead` });

  describe("functions with different options", () => {
    test("read what others have written with another codec", async () => {
      const [json, fields] = openTwo({ codec: "json" }, { codec: "fields" });
      await json.queue.send({ order: "1" });
      await fields.queue.send({ order: "2" });
      const seen: unknown[] = [];
      await drain(json.queue, ({ payload }) => void seen.push(payload), { maxMessages: 1 });
      await drain(fields.queue, ({ payload }) => void seen.push(payload));
      expect(seen).toEqual([{ order: "1" }, { order: "2" }]);
    });

    test("do a key once where only one of them deduplicates, and a lease has run out", async () => {
      const [plain, strict] = openTwo({}, { deduplicate: true });
      const [id] = await plain.sendKeyed("k");
      const late = newToken();
      const held = inHand((await plain.claim(late)).messages, "k");
      await plain.age(LEASE_MS + 10);
      const second = await strict.queue.send("second", keyed);
      const pass = newToken();
      const taken = await strict.claim(pass, 100, { survey: false });
      expect(idsOf(taken)).toEqual([second.id]);
      const outcome = { ...KEYED, complete: held, survey: false };
      expect(await plain.turn(late, outcome)).toMatchObject({ lost: [id] });
      const complete = inHand(taken.messages, "k");
      expect(await strict.turn(pass, { ...KEYED, complete })).toMatchObject({ lost: [] });
      await plain.age(LEASE_MS + 10);
      expect(await drain(plain.queue, () => {})).toMatchObject({ completed: 0, duplicates: 1 });
    });

    test("renew what holds a key where only one of them deduplicates, and do it once", async () => {
      const [plain, strict] = openTwo({}, { deduplicate: true });
      await strict.queue.send("first", keyed);
      const pass = newToken();
      const held = inHand((await plain.claim(pass)).messages, "k");
      await plain.turn(pass, { ...KEYED, held, renew: true });
      await plain.age(LEASE_MS + 10);
      await strict.queue.send("second", keyed);
      const done: unknown[] = [];
      await drain(strict.queue, ({ payload }) => void done.push(payload));
      await plain.turn(pass, { ...KEYED, complete: held });
      await plain.age(LEASE_MS + 10);
      await drain(strict.queue, ({ payload }) => void done.push(payload));
      expect(done).toHaveLength(1);
    });

    test("leave a key alone that another message has done when the one that held it is dead", async () => {
      const [plain, strict] = openTwo({}, { deduplicate: true, onCrash: "dead" });
      await strict.queue.send("first", keyed);
      const pass = newToken();
      const held = inHand((await plain.claim(pass)).messages, "k");
      await plain.turn(pass, { ...KEYED, held, renew: true });
      await plain.age(LEASE_MS + 10);
      await plain.queue.send("second", keyed);
      const other = newToken();
      const taken = await plain.claim(other, 100, { survey: false, suspects: "no" });
      const complete = inHand(taken.messages, "k");
      expect(complete).toHaveLength(1);
      await plain.turn(other, { ...KEYED, complete, survey: false });
      expect(await strict.claim(newToken())).toMatchObject({ dead: 1 });
      await plain.queue.send("third", keyed);
      expect(await drain(plain.queue, () => {})).toMatchObject({ completed: 0, duplicates: 1 });
    });

    test("keep to the window under which a key was done", async () => {
      const [day, second] = openTwo({ idempotencyWindow: "24 h" }, { idempotencyWindow: "1 s" });
      await day.queue.send(1, keyed);
      await drain(day.queue, () => {});
      const pass = newToken();
      await second.claim(pass, 1, { ...KEYED, housekeeping: true });
      await day.age(3_600_000);
      await second.queue.send(2, keyed);
      expect(await drain(second.queue, () => {})).toMatchObject({ completed: 0, duplicates: 1 });
    });

    test("repeat nothing that one without kept results has done", async () => {
      const [keeping, plain] = openTwo({ keepResults: true }, {});
      const { id } = await plain.queue.send(1, keyed);
      await drain(plain.queue, () => "not kept");
      await keeping.queue.send(2, keyed);
      expect(await drain(keeping.queue, () => "kept")).toMatchObject({ duplicates: 1 });
      expect(await keeping.queue.result("k")).toBeUndefined();
      expect(await keeping.queue.result(id)).toBeUndefined();
    });

    test("obey that one of them shares the stream, from its first survey on", async () => {
      const [shared, plain] = openTwo({ shared: true }, {});
      await shared.send("a", "b");
      await shared.turn(newToken());
      const pass = newToken();
      const { messages, found } = await plain.claim(pass);
      expect(found?.keep).toBe(true);
      await plain.turn(pass, { complete: inHand(messages), found });
      expect(await plain.queue.depth()).toMatchObject({ entries: 2, inFlight: 0 });
    });

    test("keep entries as the one does that has worked last, and lose no work by that", async () => {
      const [keeping, plain] = openTwo({ retention: { count: 100 } }, {});
      await keeping.send("done");
      await drain(keeping.queue, () => {});
      expect(await keeping.queue.depth()).toMatchObject({ entries: 1 });
      await plain.send("waits");
      await drain(plain.queue, () => {}, { maxMessages: 1 });
      await plain.send("waits, too");
      expect(await drain(plain.queue, () => {})).toMatchObject({ completed: 1, repaired: 0 });
      expect(await plain.queue.depth()).toMatchObject({ entries: 0 });
    });

    test("limit what is in flight, each to its own number and counting what all have", async () => {
      const [limited, free] = openTwo({ maxInFlight: 3 }, {});
      await free.send(1, 2, 3, 4, 5, 6);
      await free.claim(newToken(), 2);
      expect((await limited.claim(newToken())).messages).toHaveLength(1);
      expect(await limited.claim(newToken())).toMatchObject({
        messages: [],
        heldBack: "in flight",
      });
      expect((await free.claim(newToken())).messages).toHaveLength(3);
    });

    test("limit passes by leases of their own, those that limit none not counted", async () => {
      const [one, two] = openTwo({ maxPasses: 1 }, { maxPasses: 2, visibilityTimeout: "10 m" });
      const free = openWorkbench(target(), { name: one.queue.name });
      await one.send(1, 2, 3, 4);
      await free.claim(newToken(), 1);
      await two.claim(newToken(), 1);
      await one.age(LEASE_MS + 10);
      expect(await one.claim(newToken(), 1, { suspects: "no" })).toMatchObject({
        heldBack: "passes",
      });
      expect((await two.claim(newToken(), 1, { suspects: "no" })).messages).toHaveLength(1);
    });

    test("bury crashed messages by the policy of the pass that finds them", async () => {
      const [retrying, final] = openTwo({}, { onCrash: "dead" });
      const [a] = await retrying.send("a");
      await final.claim(newToken(), 1);
      await retrying.age(LEASE_MS + 10);
      expect(idsOf(await retrying.claim(newToken()))).toEqual([a]);
      await retrying.age(LEASE_MS + 10);
      expect(await final.claim(newToken())).toMatchObject({ messages: [], dead: 1 });
    });

    test("write dead letters each to the stream that it names, from where they are redriven", async () => {
      const [one, other] = openTwo({}, {});
      const elsewhere = createQueue({
        name: one.queue.name,
        store: target().store,
        deadLetters: { stream: `{${one.queue.name}}:elsewhere` },
      });
      const reject = () => {
        throw new Reject("no");
      };
      await one.send("here");
      await drain(other.queue, reject);
      await one.send("there");
      await drain(elsewhere, reject);
      for (const queue of [one.queue, elsewhere]) {
        const letters = await queue.deadLetters.list();
        expect(letters).toHaveLength(1);
        await queue.deadLetters.redrive(letters.map(({ id }) => id));
      }
      const seen: unknown[] = [];
      await drain(one.queue, ({ payload }) => void seen.push(payload));
      expect(seen).toEqual(["here", "there"]);
    });

    test("count the retries of other programs only where one names their field", async () => {
      const [counting, plain] = openTwo({ retryCountField: "tries" }, {});
      await counting.outside.add("item", "a", "tries", "3");
      const failures: number[] = [];
      const fail = ({ failures: before }: { readonly failures: number }) => {
        failures.push(before);
        throw new Error("no");
      };
      await drain(counting.queue, fail);
      await counting.age(3_600_000);
      await drain(plain.queue, fail);
      expect(failures).toEqual([3, 1]);
    });
  });
}
