import { describe, expect, test } from "vitest";
import { drain, type QueueOptions, Reject, Retry } from "../../src/index.ts";
import type { StoreQueue } from "../../src/store.ts";
import type { Target } from "./target.ts";
import { idsOf, inHand, later, newToken, openWorkbench, rejectAll } from "./workbench.ts";

const LEASE_MS = 60_000;
const KEYED = { keyed: true } as const;

/** Idempotency keys: work in progress, work done, work to be done again. */
export function keys(target: () => Target): void {
  /** A queue, and a first message whose key a pass is working on. */
  async function openKeyed(
    options: Partial<QueueOptions> & { readonly port?: Partial<StoreQueue> } = {},
  ) {
    const bench = openWorkbench(target(), options);
    const [first] = await bench.sendKeyed("k");
    const pass = newToken();
    const held = inHand((await bench.claim(pass)).messages, "k");
    return { ...bench, bench, first, pass, held };
  }

  describe("idempotency keys", () => {
    test("a message whose key is done is completed without running", async () => {
      const { turn, claim, sendKeyed, pass, held, queue } = await openKeyed();
      await turn(pass, { ...KEYED, complete: held });
      await sendKeyed("k", "k");
      expect(await claim(newToken())).toMatchObject({ messages: [], duplicates: 2, deferred: 0 });
      expect(await queue.depth()).toMatchObject({ entries: 0, inFlight: 0, parked: 0 });
    });

    test("a message whose key is in progress waits until that lease ends", async () => {
      const { claim, sendKeyed } = await openKeyed({ visibilityTimeout: 60_000 });
      const [second] = await sendKeyed("k");
      const reply = await claim(newToken());
      expect(reply).toMatchObject({ messages: [], duplicates: 0, deferred: 1 });
      const due = (await claim(newToken())).nextDueAt ?? 0;
      expect(due - reply.now).toBeGreaterThan(30_000);
      expect(due - reply.now).toBeLessThanOrEqual(60_000);
      expect(second).toBeDefined();
    });

    test("of two messages with one key in a batch the first runs and the other waits", async () => {
      const bench = openWorkbench(target(), { visibilityTimeout: LEASE_MS });
      const [first, second] = await bench.sendKeyed("k", "k");
      const pass = newToken();
      const reply = await bench.claim(pass);
      expect(reply.deferred).toBe(1);
      expect(idsOf(reply)).toEqual([first]);
      await bench.turn(pass, { ...KEYED, complete: inHand(reply.messages, "k") });
      await bench.age(LEASE_MS + 10);
      expect(await bench.claim(newToken())).toMatchObject({ messages: [], duplicates: 1 });
      expect(second).toBeDefined();
      expect((await bench.queue.depth()).entries).toBe(0);
    });

    test("a message that waited for its key has lost no delivery", async () => {
      const { turn, claim, sendKeyed, pass, held, age } = await openKeyed({
        visibilityTimeout: LEASE_MS,
      });
      const [second] = await sendKeyed("k");
      await claim(newToken());
      await turn(pass, { ...KEYED, dead: rejectAll(held) });
      await age(LEASE_MS + 10);
      const reply = await claim(newToken());
      expect(reply.messages).toMatchObject([{ id: second, delivery: 1 }]);
    });

    test("a lease that ran out does not take a later message of the same key along", async () => {
      const { turn, sendKeyed, pass, held, first, age } = await openKeyed({
        visibilityTimeout: LEASE_MS,
      });
      await age(LEASE_MS + 10);
      const [second] = await sendKeyed("k");
      const reply = await turn(pass, { ...KEYED, held, claim: 1, suspects: "no" });
      expect(idsOf(reply)).toEqual([second]);
      const both = [...held, ...inHand(reply.messages, "k")];
      expect(await turn(pass, { ...KEYED, complete: both })).toMatchObject({ lost: [first] });
    });

    test.each(["retry", "dead", "release"] as const)("%s frees the key", async (outcome) => {
      const { turn, claim, sendKeyed, pass, held } = await openKeyed();
      const outcomes = {
        retry: later(held, 60_000),
        dead: rejectAll(held),
        release: later(held, 60_000),
      };
      const release = { ...KEYED, [outcome]: outcomes[outcome] };
      await turn(pass, release);
      const [second] = await sendKeyed("k");
      const reply = await claim(newToken(), 1, { suspects: "no" });
      expect(reply.duplicates).toBe(0);
      expect(idsOf(reply)).toEqual([second]);
    });

    test("what a last turn gives back for a lost response has its key free", async () => {
      const { turn, claim, pass, first } = await openKeyed();
      await turn(pass, { ...KEYED, final: true });
      expect(idsOf(await claim(newToken()))).toEqual([first]);
    });

    test("a key can be worked on again when its window is over", async () => {
      const { turn, claim, sendKeyed, pass, held, age } = await openKeyed({
        port: { windowMs: 200_000 },
      });
      await turn(pass, { ...KEYED, complete: held });
      await sendKeyed("k");
      expect((await claim(newToken())).duplicates).toBe(1);
      const [third] = await sendKeyed("k");
      await age(200_000);
      const reply = await claim(newToken());
      expect(reply.duplicates).toBe(0);
      expect(idsOf(reply)).toEqual([third]);
    });

    test("a renewed lease renews the record of its key", async () => {
      const { turn, claim, sendKeyed, pass, held, age } = await openKeyed({
        visibilityTimeout: 120_000,
      });
      await age(70_000);
      await turn(pass, { ...KEYED, held, renew: true });
      await age(70_000);
      await sendKeyed("k");
      expect(await claim(newToken())).toMatchObject({ messages: [], deferred: 1 });
    });

    test("an outcome after its lease is applied where nobody took the key", async () => {
      const { turn, claim, sendKeyed, pass, held, age } = await openKeyed({
        visibilityTimeout: LEASE_MS,
      });
      await age(LEASE_MS + 10);
      expect(await turn(pass, { ...KEYED, complete: held, survey: false })).toMatchObject({
        lost: [],
      });
      await sendKeyed("k");
      expect(await claim(newToken())).toMatchObject({ messages: [], duplicates: 1 });
    });

    test("an outcome after its lease is lost where another message has the key now", async () => {
      const { turn, claim, sendKeyed, pass, held, first, age } = await openKeyed({
        visibilityTimeout: LEASE_MS,
      });
      const [second] = await sendKeyed("k");
      await age(LEASE_MS + 10);
      const other = newToken();
      const taken = await claim(other, 100, { survey: false });
      expect(idsOf(taken)).toEqual([second]);
      const late = await turn(pass, { ...KEYED, complete: held, survey: false });
      expect(late).toMatchObject({ lost: [first] });
      await turn(other, { ...KEYED, complete: inHand(taken.messages, "k"), survey: false });
      await age(LEASE_MS + 10);
      expect(await claim(newToken())).toMatchObject({ messages: [], duplicates: 1 });
    });

    test("an outcome after its lease is lost where another message has done the work", async () => {
      const { turn, claim, sendKeyed, pass, held, first, queue, age } = await openKeyed({
        visibilityTimeout: LEASE_MS,
      });
      await sendKeyed("k");
      await age(LEASE_MS + 10);
      const other = newToken();
      const taken = await claim(other, 100, { survey: false });
      await turn(other, { ...KEYED, complete: inHand(taken.messages, "k"), survey: false });
      const late = await turn(pass, { ...KEYED, complete: held, survey: false });
      expect(late).toMatchObject({ lost: [first] });
      expect(await queue.depth()).toMatchObject({ entries: 0, inFlight: 0, parked: 0 });
    });

    test("a key is done once where a pass has learned of a larger lease than its own", async () => {
      const { turn, claim, sendKeyed, pass, held, first, age, port } = await openKeyed({
        visibilityTimeout: LEASE_MS,
      });
      const larger = openWorkbench(target(), {
        stream: port.stream,
        port: { leaseMs: 3_600_000, gateMs: 1 },
      });
      await larger.turn(newToken());
      const { found } = await turn(pass, { ...KEYED, held });
      const [second] = await sendKeyed("k");
      await age(LEASE_MS + 10);
      const other = newToken();
      const taken = await claim(other, 100, { suspects: "no" });
      expect(idsOf(taken)).toEqual([second]);
      const late = { ...KEYED, complete: held, survey: false, found };
      expect(await turn(pass, late)).toMatchObject({ lost: [first] });
      const complete = inHand(taken.messages, "k");
      expect(await turn(other, { ...KEYED, complete })).toMatchObject({ lost: [] });
    });

    test("what has to give way to another message of its key counts as a delivery, and as no failure", async () => {
      const { turn, claim, sendKeyed, pass, held, first, age } = await openKeyed({
        visibilityTimeout: LEASE_MS,
      });
      await sendKeyed("k");
      await age(LEASE_MS + 10);
      const other = newToken();
      const taken = await claim(other, 100, { survey: false });
      const renewing = { ...KEYED, held, renew: true, survey: false };
      expect(await turn(pass, renewing)).toMatchObject({ lost: [first] });
      expect((await claim(pass, 100, { survey: false })).messages).toEqual([]);
      await turn(other, { ...KEYED, release: later(inHand(taken.messages, "k"), 3_600_000) });
      await age(LEASE_MS + 10);
      const { messages } = await claim(newToken(), 100, { survey: false });
      expect(messages).toMatchObject([{ id: first, delivery: 2, crashes: 1 }]);
    });

    for (const [what, outcome] of [
      ["a renewal", "held"],
      ["a retry", "retry"],
      ["a release", "release"],
    ] as const) {
      test(`${what} leaves the record alone where work of its key is done`, async () => {
        const { turn, claim, sendKeyed, pass, held, bench } = await openKeyed();
        await bench.send("other");
        const other = await claim(pass, 100, { ...KEYED, held });
        // As if another message with the key had been done while a jump of the clock hid our lease.
        const done = inHand(other.messages, "k");
        await turn(pass, { ...KEYED, held, complete: done });
        const asked =
          outcome === "held" ? { held, renew: true } : { [outcome]: later(held, 60_000) };
        await turn(pass, { ...KEYED, ...asked });
        await sendKeyed("k");
        expect(await claim(newToken())).toMatchObject({ messages: [], duplicates: 1 });
      });
    }

    test("what a lost response handed out is a duplicate where its key was done meanwhile", async () => {
      const { turn, claim, sendKeyed, pass, age } = await openKeyed({
        visibilityTimeout: LEASE_MS,
      });
      await sendKeyed("k");
      await age(LEASE_MS + 10);
      const other = newToken();
      const taken = await claim(other, 100, { survey: false });
      await turn(other, { ...KEYED, complete: inHand(taken.messages, "k"), survey: false });
      const again = await claim(pass, 100, { survey: false });
      expect(again).toMatchObject({ messages: [], duplicates: 1 });
    });

    test("a key may be in any field, for producers of other makes", async () => {
      const bench = openWorkbench(target(), { idempotencyField: "order" });
      await bench.outside.add("order", "7", "item", "a");
      const pass = newToken();
      const { messages } = await bench.claim(pass);
      await bench.turn(pass, { ...KEYED, complete: inHand(messages, "7") });
      await bench.outside.add("item", "b", "order", "7");
      const eight = await bench.outside.add("item", "c", "order", "8");
      const reply = await bench.claim(newToken());
      expect(reply.duplicates).toBe(1);
      expect(idsOf(reply)).toEqual([eight]);
    });
  });

  describe("messages of one key in one pass", () => {
    test("are settled with the first of them", async () => {
      for (const options of [{}, { shared: true }, { keepResults: true }]) {
        const bench = openWorkbench(target(), options);
        await bench.sendKeyed("k", "k", "other", "k");
        const report = await drain(bench.queue, () => {});
        expect(report).toMatchObject({ completed: 2, deferred: 2, duplicates: 2 });
        expect(await bench.queue.depth()).toMatchObject({ inFlight: 0, parked: 0 });
      }
    });

    test("are settled with the first of them also where they come while it runs", async () => {
      const { turn, claim, sendKeyed, pass, held, queue } = await openKeyed();
      const [second] = await sendKeyed("k");
      const { waiting, deferred } = await claim(pass, 100, { ...KEYED, held });
      expect({ waiting, deferred }).toEqual({ waiting: [{ id: second, key: "k" }], deferred: 1 });
      expect(await turn(pass, { ...KEYED, complete: held, waiting })).toMatchObject({
        duplicates: 1,
      });
      expect(await queue.depth()).toMatchObject({ entries: 0, inFlight: 0, parked: 0 });
    });

    test.each([
      ["rejected", new Reject("no"), { dead: 1, retried: 0 }],
      ["tried again later", new Retry("1 h"), { dead: 0, retried: 1 }],
    ])("where the first is %s, the next one runs at once", async (_, error, counts) => {
      const bench = openWorkbench(target());
      const [first] = await bench.sendKeyed("k", "k");
      const report = await drain(bench.queue, ({ id }) => {
        if (id === first) throw error;
      });
      expect(report).toMatchObject({ ...counts, completed: 1, deferred: 1 });
    });

    test("are settled once where the answer is lost", async () => {
      const bench = openWorkbench(target());
      const [first, second] = await bench.sendKeyed("k", "k");
      const pass = newToken();
      const { messages, waiting } = await bench.claim(pass);
      expect(waiting).toEqual([{ id: second, key: "k" }]);
      const store = await target().faulty({ lost: "response" });
      const complete = inHand(messages, "k");
      const reply = await bench.turn(pass, { ...KEYED, complete, waiting }, store);
      expect(reply).toMatchObject({ lost: [], uncertain: [], gone: [first] });
      expect(await bench.queue.depth()).toMatchObject({ entries: 0, inFlight: 0, parked: 0 });
    });
  });

  describe("kept results", () => {
    test("a result is kept under the id, and under the key where there is one", async () => {
      const bench = openWorkbench(target(), { keepResults: true });
      const [keyed] = await bench.sendKeyed("k");
      const [plain] = await bench.send("p");
      const pass = newToken();
      const { messages } = await bench.claim(pass);
      const results = inHand(messages).map((held) => {
        const isKeyed = held.id === keyed;
        return { ...held, key: isKeyed ? "k" : "", result: isKeyed ? "[1]" : '"é"' };
      });
      await bench.turn(pass, { ...KEYED, complete: results });
      expect(await bench.queue.result("k")).toEqual([1]);
      expect(await bench.queue.result(plain as string)).toBe("é");
      expect(await bench.queue.result(keyed as string)).toEqual([1]);
    });

    test("a delayed message with a key has its result under the id that its sender knows", async () => {
      const { queue, age } = openWorkbench(target(), { keepResults: true });
      const { id } = await queue.send("later", { delay: 60_000, idempotencyKey: "k" });
      await age(60_000);
      const keys: unknown[] = [];
      await drain(queue, ({ idempotencyKey }) => keys.push(idempotencyKey));
      expect(keys).toEqual(["k"]);
      expect(await queue.result("k")).toBe(1);
      expect(await queue.result(id)).toBe(1);
    });

    test("results are removed with the records of their keys, after the window", async () => {
      const { turn, claim, send, pass, held, queue, age } = await openKeyed({
        keepResults: true,
        port: { windowMs: 200_000 },
      });
      const complete = held.map((outcome) => ({ ...outcome, result: "1" }));
      await turn(pass, { ...KEYED, complete });
      expect(await queue.result("k")).toBe(1);
      await age(200_010);
      await send("other");
      await claim(newToken(), 1, { ...KEYED, housekeeping: true });
      expect(await queue.result("k")).toBeUndefined();
    });
  });
}
