import { describe, expect, test } from "vitest";
import { drain, Reject } from "../../src/index.ts";
import type { Target } from "./target.ts";
import { idsOf, inHand, newToken, openWorkbench } from "./workbench.ts";

const DELAY_MS = 60_000;

/** Messages that are sent now and due later. */
export function delayed(target: () => Target): void {
  describe("delayed messages", () => {
    test("a delayed message is handed out once it is due, and not before", async () => {
      const { queue, claim, age } = openWorkbench(target());
      await queue.send("later", { delay: DELAY_MS });
      expect(await queue.depth()).toMatchObject({ entries: 0, delayed: 1 });
      const early = await claim(newToken());
      expect(early.messages).toEqual([]);
      const due = (early.nextDueAt ?? 0) - early.now;
      expect(due).toBeGreaterThan(0);
      expect(due).toBeLessThanOrEqual(DELAY_MS);
      await age(DELAY_MS);
      const reply = await claim(newToken());
      expect(reply.messages).toMatchObject([{ delivery: 1 }]);
      expect(reply.nextDueAt).toBeUndefined();
      expect(await queue.depth()).toMatchObject({ entries: 1, inFlight: 1, delayed: 0 });
    });

    test("however many passes tick, it goes into the stream once", async () => {
      const { queue, claim, age } = openWorkbench(target());
      await queue.send("later", { delay: DELAY_MS });
      await age(DELAY_MS);
      const replies = await Promise.all([1, 2, 3].map(() => claim(newToken())));
      expect(replies.flatMap(idsOf)).toHaveLength(1);
      expect(await queue.depth()).toMatchObject({ entries: 1, delayed: 0 });
    });

    test("the id that send returned is the message's, and tells when it was sent", async () => {
      const { queue, age } = openWorkbench(target(), { keepResults: true });
      const { id } = await queue.send("later", { delay: DELAY_MS });
      const [plain] = await queue.sendBatch([{ payload: "now" }]);
      await drain(queue, () => {}); // the one that is not delayed
      await age(DELAY_MS);
      const seen: { id: string; sentAt: Date }[] = [];
      await drain(queue, ({ id, sentAt }) => {
        seen.push({ id, sentAt });
        return "done";
      });
      expect(seen).toHaveLength(1);
      expect(seen[0]?.id).toBe(id);
      const apart = Number(plain?.id.split("-")[0]) - Number(seen[0]?.sentAt);
      expect(apart).toBeGreaterThanOrEqual(0);
      expect(apart).toBeLessThan(10_000);
      expect(await queue.result(id)).toBe("done");
    });

    test("delayed messages come in the order in which they are due", async () => {
      const { queue, age } = openWorkbench(target());
      const delays = [120, 40, 80, 40];
      await queue.sendBatch(delays.map((delay, payload) => ({ payload, delay })));
      await age(120);
      const seen: unknown[] = [];
      await drain(queue, ({ payload }) => void seen.push(payload), { concurrency: 1 });
      expect(seen).toEqual([1, 3, 2, 0]);
    });

    test("a batch may hold both, and one whose time has passed is due at once", async () => {
      const { queue, claim } = openWorkbench(target());
      const sent = await queue.sendBatch([
        { payload: "a" },
        { payload: "b", delay: "1 h" },
        { payload: "c", deliverAt: new Date(0) },
        { payload: "d", deliverAt: target().store.now() + 3_600_000 },
        { payload: "e", delay: 0 },
      ]);
      expect(new Set(sent.map(({ id }) => id)).size).toBe(5);
      const reply = await claim(newToken());
      expect(idsOf(reply)).toEqual([sent[0]?.id, sent[2]?.id, sent[4]?.id]);
      expect(await queue.depth()).toMatchObject({ entries: 3, delayed: 2 });
    });

    test("more than one turn may claim come in several, and none is left behind", async () => {
      const { queue, claim, age } = openWorkbench(target());
      await queue.sendBatch(Array.from({ length: 25 }, (_, payload) => ({ payload, delay: 20 })));
      await age(20);
      const first = await claim(newToken(), 10);
      expect(first.messages).toHaveLength(10);
      expect(first.nextDueAt).toBeLessThanOrEqual(first.now);
      const rest = [await claim(newToken(), 10), await claim(newToken(), 10)];
      expect(rest.map(({ messages }) => messages.length)).toEqual([10, 5]);
    });

    test("a pass that only settles tells when the next one is due, and adds none", async () => {
      const { queue, turn, age } = openWorkbench(target());
      await queue.send("later", { delay: 20 });
      await age(20);
      const reply = await turn(newToken());
      expect(reply.nextDueAt).toBeLessThanOrEqual(reply.now);
      expect(await queue.depth()).toMatchObject({ entries: 0, delayed: 1 });
    });

    test("a cancelled message never comes", async () => {
      const { queue, claim, age } = openWorkbench(target());
      const [kept, cancelled] = await queue.sendBatch([
        { payload: "kept", delay: DELAY_MS },
        { payload: "cancelled", delay: DELAY_MS },
      ]);
      expect(await queue.cancel(cancelled?.id ?? "")).toBe(true);
      expect(await queue.cancel(cancelled?.id ?? "")).toBe(false);
      expect(await queue.depth()).toMatchObject({ delayed: 1 });
      await age(DELAY_MS);
      expect((await claim(newToken())).messages).toHaveLength(1);
      expect(await queue.cancel(kept?.id ?? "")).toBe(false);
    });

    test("what was never delayed cannot be cancelled", async () => {
      const { queue, send } = openWorkbench(target());
      const [id = ""] = await send("now");
      expect(await queue.cancel(id)).toBe(false);
      expect(await queue.depth()).toMatchObject({ entries: 1 });
    });

    test("a delayed message that fails for good keeps its id as a dead letter, and is a new one after it", async () => {
      const { queue, age } = openWorkbench(target());
      const { id } = await queue.send("later", { delay: 20 });
      await age(20);
      const reject = () => {
        throw new Reject("no");
      };
      await drain(queue, reject);
      const [letter] = await queue.deadLetters.list();
      expect(letter).toMatchObject({ originalId: id, payload: "later" });
      const again = await queue.deadLetters.redrive([letter?.id ?? ""]);
      const ids: string[] = [];
      await drain(queue, (message) => void ids.push(message.id));
      expect(ids).toEqual(again);
      expect(again).not.toContain(id);
    });

    test("the payload of a delayed message survives byte for byte", async () => {
      const payload = { text: "ü;9:x\u0000\n🙂", list: ["", " ", "12:34;"] };
      const { queue, age } = openWorkbench(target());
      await queue.send(payload, { delay: 20, idempotencyKey: "k:1;2" });
      await age(20);
      const seen: unknown[] = [];
      await drain(queue, (message) => void seen.push([message.payload, message.idempotencyKey]));
      expect(seen).toEqual([[payload, "k:1;2"]]);
    });
  });

  describe("an entry of another program with the field xd:id", () => {
    const reject = () => {
      throw new Reject("no");
    };

    test("it has its own id, and takes no other message's result", async () => {
      const { queue, outside } = openWorkbench(target(), { keepResults: true });
      const first = await queue.send("first");
      await drain(queue, () => "of the first");
      const added = [
        await outside.add("xd:id", first.id, "xd:d", '"foreign"'), // no id of a delayed message
        await outside.add("xd:d", '"foreign"', "xd:id", "d1700000000000-000-abcdefgh"), // not the first field
        await outside.add("xd:id", "d1700000000000-000-abcdefghi", "n", "1"),
        await outside.add("xd:id", "d-000-abcdefgh", "n", "1"),
      ];
      const ids: string[] = [];
      await drain(queue, ({ id }) => ids.push(id), { concurrency: 1 });
      expect(ids).toEqual(added);
      expect(await queue.result(first.id)).toBe("of the first");
      expect(await queue.result(added[0] ?? "")).toBe(1);
      expect(await queue.result("d1700000000000-000-abcdefgh")).toBeUndefined();
    });

    test("its dead letter tells its own id", async () => {
      const { queue, outside } = openWorkbench(target());
      const added = [
        await outside.add("xd:id", "1700000000000-0", "n", "1"),
        await outside.add("n", "1", "xd:id", "d1700000000000-000-abcdefgh"),
      ];
      await drain(queue, reject);
      const letters = await queue.deadLetters.list();
      expect(letters.map(({ originalId }) => originalId)).toEqual(added);
    });

    test("it does not hold the key of a message that is delayed", async () => {
      const { queue, outside, port, claim } = openWorkbench(target(), { deduplicate: true });
      const { id } = await queue.send("later", { delay: "1 h", idempotencyKey: "k" });
      await outside.add("xd:id", id, port.keyField, "k", "n", "1");
      expect(await claim(newToken())).toMatchObject({ messages: [], deferred: 1 });
    });
  });

  describe("delayed messages over a bad network", () => {
    test("a send whose response is lost stores them once", async () => {
      const store = await target().faulty({ lost: "response" });
      const { queue } = openWorkbench(target());
      const bench = openWorkbench({ ...target(), store }, { name: queue.name });
      const [first, second] = await bench.queue.sendBatch([
        { payload: 1, delay: "1 h" },
        { payload: 2 },
      ]);
      expect(await queue.depth()).toMatchObject({ entries: 1, delayed: 1 });
      expect(await queue.cancel(first?.id ?? "")).toBe(true);
      const reply = await bench.claim(newToken());
      expect(idsOf(reply)).toEqual([second?.id]);
      await bench.turn(newToken(), { complete: inHand(reply.messages) });
    });

    test("a cancel whose response is lost says what became of the message", async () => {
      const { queue } = openWorkbench(target());
      const { id } = await queue.send(1, { delay: "1 h" });
      const store = await target().faulty({ lost: "response" });
      const bench = openWorkbench({ ...target(), store }, { name: queue.name });
      expect(await bench.queue.cancel(id)).toBe(true);
      expect(await queue.depth()).toMatchObject({ delayed: 0 });
    });
  });
}
