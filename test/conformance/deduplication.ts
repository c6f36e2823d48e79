import { describe, expect, test } from "vitest";
import { createQueue, drain, Reject } from "../../src/index.ts";
import type { Target } from "./target.ts";
import { idsOf, inHand, later, newToken, openWorkbench, rejectAll } from "./workbench.ts";

const LEASE_MS = 60_000;
const DELAY_MS = 60_000;

/** Keys that are taken by a send, and free again when their message is dead or cancelled. */
export function deduplication(target: () => Target): void {
  const open = (options = {}) => openWorkbench(target(), { deduplicate: true, ...options });
  const keyed = { idempotencyKey: "k" } as const;

  describe("deduplicated sends", () => {
    test("a key that waits returns the id of the first message, and stores nothing", async () => {
      const { queue } = open();
      const first = await queue.send("first", keyed);
      const second = await queue.send("second", keyed);
      expect(first).toEqual({ id: expect.stringMatching(/^\d+-\d+$/) });
      expect(second).toEqual({ id: first.id, duplicate: true });
      expect(await queue.depth()).toMatchObject({ entries: 1 });
      const seen: unknown[] = [];
      await drain(queue, ({ payload }) => void seen.push(payload));
      expect(seen).toEqual(["first"]);
    });

    test("a key is taken while its message runs, after its lease, and when it is done", async () => {
      const { queue, claim, turn, age } = open({ visibilityTimeout: LEASE_MS });
      const { id } = await queue.send(1, keyed);
      const pass = newToken();
      await claim(pass);
      expect(await queue.send(2, keyed)).toEqual({ id, duplicate: true });
      await age(LEASE_MS + 30);
      expect(await queue.send(3, keyed)).toEqual({ id, duplicate: true });
      const other = newToken();
      const { messages } = await claim(other);
      expect(messages).toMatchObject([{ id }]);
      const complete = [{ id, delivery: messages[0]?.delivery ?? 0, key: "k" }];
      await turn(other, { keyed: true, complete });
      expect(await queue.send(4, keyed)).toEqual({ id, duplicate: true });
      expect(await queue.depth()).toMatchObject({ entries: 0 });
    });

    test("a key is taken while its message waits to be tried again", async () => {
      const { queue } = open();
      const { id } = await queue.send(1, keyed);
      await drain(queue, () => {
        throw new Error("not yet");
      });
      expect(await queue.depth()).toMatchObject({ parked: 1 });
      expect(await queue.send(2, keyed)).toEqual({ id, duplicate: true });
    });

    test("a dead letter frees its key", async () => {
      const { queue } = open();
      const { id } = await queue.send(1, keyed);
      await drain(queue, () => {
        throw new Reject("no");
      });
      const again = await queue.send(2, keyed);
      expect(again.duplicate).toBeUndefined();
      expect(again.id).not.toBe(id);
    });

    test("a redriven message has its key again", async () => {
      const { queue } = open();
      await queue.send(1, keyed);
      await drain(queue, () => {
        throw new Reject("no");
      });
      const [letter] = await queue.deadLetters.list();
      const [id] = await queue.deadLetters.redrive([letter?.id ?? ""]);
      expect(await queue.send(2, keyed)).toEqual({ id, duplicate: true });
      expect(await drain(queue, () => {})).toMatchObject({ completed: 1, deferred: 0 });
      expect(await queue.send(3, keyed)).toEqual({ id, duplicate: true });
    });

    test("a redriven message takes its key from no message that has it by now", async () => {
      const { queue, claim } = open();
      await queue.send(1, keyed);
      await drain(queue, () => {
        throw new Reject("no");
      });
      const { id } = await queue.send(2, keyed);
      const [letter] = await queue.deadLetters.list();
      await queue.deadLetters.redrive([letter?.id ?? ""]);
      expect(await queue.send(3, keyed)).toEqual({ id, duplicate: true });
      const reply = await claim(newToken());
      expect(idsOf(reply)).toEqual([id]);
      expect(reply.deferred).toBe(1);
    });

    test("a message that passes died with frees its key when it is given up", async () => {
      const { queue, claim, age } = open({ visibilityTimeout: LEASE_MS, onCrash: "dead" });
      await queue.send(1, keyed);
      await claim(newToken());
      await age(LEASE_MS + 30);
      await claim(newToken());
      expect(await queue.depth()).toMatchObject({ dead: 1 });
      expect((await queue.send(2, keyed)).duplicate).toBeUndefined();
    });

    test("a key is free again after its window", async () => {
      const { queue, age } = open({ idempotencyWindow: "10 m" });
      const { id } = await queue.send(1, keyed);
      await drain(queue, () => {});
      expect(await queue.send(2, keyed)).toEqual({ id, duplicate: true });
      await age(600_010);
      expect((await queue.send(3, keyed)).duplicate).toBeUndefined();
    });

    test("one of each key of a batch is stored, and each message is told which", async () => {
      const { queue } = open();
      const before = await queue.send(0, { idempotencyKey: "b" });
      const sent = await queue.sendBatch([
        { payload: 1, idempotencyKey: "a" },
        { payload: 2 },
        { payload: 3, idempotencyKey: "b" },
        { payload: 4, idempotencyKey: "a" },
        { payload: 5, idempotencyKey: "c", delay: "1 h" },
        { payload: 6, idempotencyKey: "c" },
      ]);
      expect(sent.map(({ duplicate }) => duplicate === true)).toEqual([
        false,
        false,
        true,
        true,
        false,
        true,
      ]);
      expect(sent[2]?.id).toBe(before.id);
      expect(sent[3]?.id).toBe(sent[0]?.id);
      expect(sent[5]?.id).toBe(sent[4]?.id);
      expect(await queue.depth()).toMatchObject({ entries: 3, delayed: 1 });
    });

    test("a delayed message has its key before and after it is due, until it is done", async () => {
      const { queue, age } = open();
      const { id } = await queue.send(1, { ...keyed, delay: 60_000 });
      expect(await queue.send(2, keyed)).toEqual({ id, duplicate: true });
      await age(60_000);
      const during: unknown[] = [];
      await drain(queue, async () => void during.push(await queue.send(3, keyed)));
      expect(during).toEqual([{ id, duplicate: true }]);
      expect(await queue.send(4, keyed)).toEqual({ id, duplicate: true });
    });

    test("a cancelled message frees its key", async () => {
      const { queue } = open();
      const { id } = await queue.send(1, { ...keyed, delay: "1 h" });
      await queue.cancel(id);
      expect((await queue.send(2, keyed)).duplicate).toBeUndefined();
    });

    test("a message that is cancelled frees no key that another one has", async () => {
      const { queue } = open();
      const plain = createQueue({ name: queue.name, store: target().store });
      const delayed = await plain.send(1, { ...keyed, delay: "1 h" });
      const { id } = await queue.send(2, keyed);
      expect(await queue.cancel(delayed.id)).toBe(true);
      expect(await queue.send(3, keyed)).toEqual({ id, duplicate: true });
    });

    test("a delayed message keeps its key where another group puts it into the stream", async () => {
      const { queue, age } = open();
      const { id } = await queue.send(1, { ...keyed, delay: 60_000 });
      await age(60_000);
      const other = openWorkbench(target(), { name: queue.name, group: "other" });
      expect((await other.claim(newToken())).messages).toHaveLength(1);
      expect(await queue.send(2, keyed)).toEqual({ id, duplicate: true });
      expect(await drain(queue, () => {})).toMatchObject({ completed: 1, deferred: 0 });
      expect(await queue.send(3, keyed)).toEqual({ id, duplicate: true });
    });

    const elsewhere = [
      ["by a queue without the option", {}],
      ["through another group", { deduplicate: true, group: "other" }],
    ] as const;
    test.each(elsewhere)(
      "a delayed message that is cancelled %s has its key no more",
      async (_, as) => {
        const { queue } = open();
        const other = createQueue({ name: queue.name, store: target().store, ...as });
        const { id } = await queue.send(1, { ...keyed, delay: "1 h" });
        await createQueue({ name: queue.name, store: target().store }).send("waits", keyed);
        expect(await other.cancel(id)).toBe(true);
        const seen: unknown[] = [];
        await drain(queue, ({ payload }) => void seen.push(payload));
        expect(seen).toEqual(["waits"]);
        expect(await queue.send(2, { idempotencyKey: "k2", delay: "1 h" })).toEqual({
          id: expect.stringMatching(/^d/),
        });
      },
    );

    test.each(elsewhere)(
      "and what is sent when it was cancelled %s is no duplicate",
      async (_, as) => {
        const { queue } = open();
        const other = createQueue({ name: queue.name, store: target().store, ...as });
        await other.cancel((await queue.send(1, { ...keyed, delay: "1 h" })).id);
        expect((await queue.send(2, keyed)).duplicate).toBeUndefined();
        expect(await drain(queue, () => {})).toMatchObject({ completed: 1, deferred: 0 });
      },
    );

    test("a delayed message whose content is lost has its key no more", async () => {
      const { queue, outside, age } = open();
      await queue.send(1, { ...keyed, delay: DELAY_MS });
      await createQueue({ name: queue.name, store: target().store }).send("waits", keyed);
      await outside.loseBodies();
      const seen: unknown[] = [];
      await drain(queue, ({ payload }) => void seen.push(payload));
      expect(seen).toEqual(["waits"]);
      await age(DELAY_MS);
      await drain(queue, ({ payload }) => void seen.push(payload));
      expect(seen).toEqual(["waits"]);
    });

    for (const [what, options] of [
      ["removed", {}],
      ["kept", { retention: { count: 100 } }],
    ] as const) {
      for (const [kind, delay] of [
        ["delayed", DELAY_MS],
        ["plain", 0],
      ] as const) {
        test(`a ${kind} message that a pass without the option rejects frees its key, its entry ${what}`, async () => {
          const { queue, age } = open(options);
          const plain = createQueue({
            name: queue.name,
            store: target().store,
            deadLetters: { stream: queue.resolved.storeQueue.deadLetterStream ?? "" },
            ...options,
          });
          await queue.send(1, { ...keyed, delay });
          await age(DELAY_MS);
          const rejected = await drain(plain, () => {
            throw new Reject("no");
          });
          expect(rejected).toMatchObject({ dead: 1 });
          const [letter] = await queue.deadLetters.list();
          await queue.deadLetters.redrive([letter?.id ?? ""]);
          expect(await drain(queue, () => {})).toMatchObject({ completed: 1, deferred: 0 });
        });
      }
    }

    test("a delayed message has its key between the pass of another group and its own", async () => {
      const { queue, age, claim, turn } = open();
      const { id } = await queue.send(1, { ...keyed, delay: DELAY_MS });
      await age(DELAY_MS);
      const other = openWorkbench(target(), { name: queue.name, group: "other" });
      await other.claim(newToken());
      expect(await queue.send(2, keyed)).toEqual({ id, duplicate: true });
      const pass = newToken();
      const { messages } = await claim(pass);
      expect(await queue.send(3, keyed)).toEqual({ id, duplicate: true });
      await turn(pass, { keyed: true, dead: rejectAll(inHand(messages, "k")) });
      expect((await queue.send(4, keyed)).duplicate).toBeUndefined();
    });

    test("a message that a pass without the option promoted has its key until that is done", async () => {
      const { queue, age } = open();
      const { id } = await queue.send(1, { ...keyed, delay: DELAY_MS });
      await age(DELAY_MS);
      const plain = openWorkbench(target(), { name: queue.name });
      const pass = newToken();
      const held = inHand((await plain.claim(pass)).messages, "k");
      expect(await queue.send(2, keyed)).toEqual({ id, duplicate: true });
      await plain.turn(pass, { keyed: true, retry: later(held) });
      expect(await queue.send(3, keyed)).toEqual({ id, duplicate: true });
      expect(await drain(queue, () => {})).toMatchObject({ completed: 1, deferred: 0 });
    });

    test("a message that is rejected frees no key that another one has", async () => {
      const { queue, claim, turn, outside, age } = open({ visibilityTimeout: LEASE_MS });
      await queue.send(1, keyed);
      const pass = newToken();
      const held = inHand((await claim(pass)).messages, "k");
      await age(LEASE_MS + 30);
      await outside.delete(held[0]?.id ?? "");
      const { id } = await queue.send(2, keyed);
      await turn(pass, { keyed: true, dead: rejectAll(held), survey: false });
      expect(await queue.send(3, keyed)).toEqual({ id, duplicate: true });
    });

    test("a message that somebody else deleted has its key no more", async () => {
      const { queue, outside } = open();
      const { id } = await queue.send(1, keyed);
      await outside.delete(id);
      const again = await queue.send(2, keyed);
      expect(again.duplicate).toBeUndefined();
      const reports = await drain(queue, () => {});
      expect(reports.completed).toBe(1);
    });

    test("a message of another producer with a key that is taken waits, and is a duplicate then", async () => {
      const { queue, claim, outside, port, age } = open({ visibilityTimeout: LEASE_MS });
      const { id } = await queue.send(1, keyed);
      await outside.add(port.keyField, "k", "text", "by hand");
      const reply = await claim(newToken());
      expect(idsOf(reply)).toEqual([id]);
      expect(reply.deferred).toBe(1);
      await age(LEASE_MS + 30);
      await drain(queue, () => {}, { maxMessages: 1 });
      await age(LEASE_MS);
      expect(await drain(queue, () => {})).toMatchObject({ completed: 0, duplicates: 1 });
    });

    test("a function that does not deduplicate works on what others sent so", async () => {
      const { queue, age } = open();
      await queue.sendBatch([
        { payload: 1, idempotencyKey: "a" },
        { payload: 2, idempotencyKey: "b", delay: 60_000 },
      ]);
      await age(60_000);
      const plain = createQueue({ name: queue.name, store: target().store });
      expect(await drain(plain, () => {})).toMatchObject({ completed: 2, duplicates: 0 });
      expect(await queue.send(3, { idempotencyKey: "a" })).toMatchObject({ duplicate: true });
    });

    test("a key that a plain send took is taken, and its id is not known", async () => {
      const { queue } = open();
      const plain = createQueue({ name: queue.name, store: target().store });
      await plain.send(1, keyed);
      await drain(plain, () => {});
      expect(await queue.send(2, keyed)).toEqual({ id: "", duplicate: true });
    });
  });

  describe("deduplicated sends over a bad network", () => {
    test("a send whose response is lost is no duplicate of itself", async () => {
      const store = await target().faulty({ lost: "response" });
      const { queue } = openWorkbench({ ...target(), store }, { deduplicate: true });
      const sent = await queue.sendBatch([
        { payload: 1, ...keyed },
        { payload: 2, ...keyed },
      ]);
      expect(sent).toEqual([{ id: sent[0]?.id }, { id: sent[0]?.id, duplicate: true }]);
    });
  });
}
