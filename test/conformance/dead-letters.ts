import { describe, expect, test } from "vitest";
import { drain, type QueueOptions, Reject } from "../../src/index.ts";
import { EMPTY } from "../support/depth.ts";
import type { Target } from "./target.ts";
import { inHand, newToken, openWorkbench, rejectAll, type Workbench } from "./workbench.ts";

/** Dead letters: what they tell, and the way back. */
export function deadLetters(target: () => Target): void {
  async function bury(bench: Workbench, failures = 3) {
    const pass = newToken();
    const { messages } = await bench.claim(pass, 500);
    await bench.turn(pass, { dead: rejectAll(inHand(messages), failures) });
  }
  async function openBuried(options: Partial<QueueOptions>, ...payloads: unknown[]) {
    const bench = openWorkbench(target(), options);
    const ids = await bench.send(...payloads);
    await bury(bench);
    return { ...bench, bench, ids };
  }

  describe("dead letters", () => {
    test("a dead letter tells what happened, and keeps the original fields", async () => {
      const { queue, ids, outside } = await openBuried({}, { n: 1 });
      const [letter] = await queue.deadLetters.list();
      expect(letter).toMatchObject({
        originalId: ids[0],
        payload: { n: 1 },
        reason: "rejected",
        error: "Reject: no",
        deliveries: 1,
        failures: 3,
      });
      const failedAt = letter?.failedAt.getTime() ?? 0;
      expect(failedAt - Number(ids[0]?.split("-")[0])).toBeLessThan(60_000);
      expect(await outside.deadLetters()).toEqual([
        [
          ...["failed_at", String(failedAt), "reason", "rejected", "error", "Reject: no"],
          ...["deliveries", "1", "failures", "3", "original_id", ids[0]],
          ...["xd:d", '{"n":1}'],
        ],
      ]);
    });

    test("they are listed in pages, the oldest first", async () => {
      const { queue, ids } = await openBuried({}, 1, 2, 3);
      const first = await queue.deadLetters.list({ count: 2 });
      const after = first[1]?.id ?? "";
      const second = await queue.deadLetters.list({ count: 2, after });
      expect([...first, ...second].map(({ originalId }) => originalId)).toEqual(ids);
      expect(second.length).toBe(1);
    });

    test("a redriven one is a new message, and no dead letter any more", async () => {
      const { queue, claim } = await openBuried({}, "a", "b");
      const letters = await queue.deadLetters.list();
      const [made, missing] = await queue.deadLetters.redrive([letters[1]?.id ?? "", "1-1"]);
      expect(missing).toBeUndefined();
      const { messages } = await claim(newToken());
      expect(messages).toEqual([{ id: made, delivery: 1, crashes: 0, fields: ["xd:d", '"b"'] }]);
      const rest = await queue.deadLetters.list();
      expect(rest.map(({ payload }) => payload)).toEqual(["a"]);
    });

    test("a redrive whose response is lost moves each once and tells the same ids", async () => {
      const { queue, port, outside } = await openBuried({}, "a", "b");
      const letters = await queue.deadLetters.list();
      const store = await target().faulty({ lost: "response" });
      const made = await store.redrive(port, ["1-1", ...letters.map(({ id }) => id)], {});
      expect(made).toEqual([undefined, ...(await outside.ids())]);
      expect(await queue.depth()).toMatchObject({ entries: 2, dead: 0 });
    });

    test("a redriven message may work on its key again", async () => {
      const bench = openWorkbench(target());
      await bench.sendKeyed("k");
      const pass = newToken();
      const held = inHand((await bench.claim(pass)).messages, "k");
      await bench.turn(pass, { keyed: true, dead: rejectAll(held) });
      const [letter] = await bench.queue.deadLetters.list();
      expect(letter?.idempotencyKey).toBe("k");
      await bench.queue.deadLetters.redrive([letter?.id ?? ""]);
      expect(await drain(bench.queue, () => {})).toMatchObject({ completed: 1 });
    });

    test("removed ones are gone for good", async () => {
      const { queue } = await openBuried({}, "a", "b");
      const [first] = await queue.deadLetters.list();
      expect(await queue.deadLetters.remove([first?.id ?? "", "1-1"])).toBe(1);
      expect((await queue.deadLetters.list()).map(({ payload }) => payload)).toEqual(["b"]);
    });

    /** What hand-written consumers leave in a stream of dead letters: `{ ...message, failed_at, reason }`. */
    const MESSAGE = ["order_id", "ord_123", "retry_count", "3"];

    test("letters of another producer are listed with its time, its reason and the rest", async () => {
      const { queue, outside, bench } = await openBuried({ retryCountField: "retry_count" }, "a");
      await outside.addDeadLetter(...MESSAGE, "failed_at", "1700000000", "reason", "card declined");
      await outside.addDeadLetter("failed_at", "1700000000.25", "order_id", "ord_124");
      await outside.addDeadLetter("reason", "no", "failed_at", "1700000000123", "xd:d", '{"n":1}');
      const added = await outside.addDeadLetter("note", "by hand", "failed_at", "yesterday");
      const letters = await queue.deadLetters.list();
      expect(letters.slice(1)).toMatchObject([
        {
          reason: "card declined",
          failedAt: new Date(1_700_000_000_000),
          payload: { order_id: "ord_123", retry_count: "3" },
          error: "",
          originalId: undefined,
          deliveries: undefined,
          failures: 3,
        },
        { reason: "", failedAt: new Date(1_700_000_000_250), payload: { order_id: "ord_124" } },
        { reason: "no", failedAt: new Date(1_700_000_000_123), payload: { n: 1 } },
        { failedAt: new Date(Number(added.split("-")[0])), payload: { note: "by hand" } },
      ]);
      expect(letters[2]?.failures).toBeUndefined();
      const { dead } = await bench.queue.depth();
      expect(letters.length).toBe(dead);
    });

    test("letters of another producer are redriven as they were sent, and removed", async () => {
      const { queue, outside, claim } = await openBuried({ retryCountField: "retry_count" }, "a");
      const [own] = await queue.deadLetters.list();
      const foreign = [
        await outside.addDeadLetter(...MESSAGE, "failed_at", "1700000000", "reason", "declined"),
        await outside.addDeadLetter("xd:id", "d1-0-abcdefgh", "reason", "no", "n", "1"),
        await outside.addDeadLetter("failed_at", "1700000000", "reason", "no more than that"),
        await outside.addDeadLetter("n", "2", "reason", "no"),
      ];
      const ids = [...foreign.slice(0, 3), own?.id ?? ""];
      const made = await queue.deadLetters.redrive(ids);
      expect(made).toEqual(await outside.ids());
      const { messages } = await claim(newToken());
      expect(messages.map(({ fields }) => fields)).toEqual([
        ["order_id", "ord_123"],
        ["n", "1"],
        ["failed_at", "1700000000", "reason", "no more than that"],
        ["xd:d", '"a"'],
      ]);
      expect(await queue.deadLetters.remove([foreign[3] ?? ""])).toBe(1);
      expect(await queue.depth()).toMatchObject({ dead: 0 });
    });

    test("a message that is nothing but its retry count is redriven as it was", async () => {
      const bench = openWorkbench(target(), { retryCountField: "retry_count" });
      await bench.outside.add("retry_count", "2");
      await bury(bench);
      const [letter] = await bench.queue.deadLetters.list();
      await bench.queue.deadLetters.redrive([letter?.id ?? ""]);
      const { messages } = await bench.claim(newToken());
      expect(messages.map(({ fields }) => fields)).toEqual([["retry_count", "2"]]);
    });

    test("a letter of another producer that is too wide for one command is redriven whole", async () => {
      const { queue, outside } = openWorkbench(target());
      const payload = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}`, `é${i}`]));
      const id = await outside.addDeadLetter("reason", "no", ...Object.entries(payload).flat());
      await queue.deadLetters.redrive([id]);
      const seen: unknown[] = [];
      await drain(queue, (message) => seen.push(message.payload));
      expect(seen).toEqual([payload]);
    });

    test.each([
      ["count", { count: 5 }],
      ["age", { age: 1 }],
    ] as const)("a retention by %s bounds them", async (_, retention) => {
      const bench = openWorkbench(target());
      const dead = `{${bench.queue.name}}:dead`;
      const bounded = openWorkbench(target(), { deadLetters: { stream: dead, retention } });
      await bounded.send(...Array(250).keys());
      await bury(bounded);
      // Redis trims whole nodes of a hundred entries, and in one millisecond nothing ages.
      await target().pass(5);
      await bounded.send("last");
      await bury(bounded);
      const letters = await bounded.outside.deadLetters();
      expect(letters.length).toBeLessThanOrEqual(106);
      expect(letters.at(-1)).toContain('"last"');
    });

    test("an entry too wide for one command is kept whole, and readable when redriven", async () => {
      const bench = openWorkbench(target());
      const fields = Array.from({ length: 500 }, (_, i) => [`f${i}`, `é:${i}:\u0000`]).flat();
      await bench.outside.add(...fields);
      await bury(bench);
      const [stored] = await bench.outside.deadLetters();
      expect(stored?.[12]).toBe("xd:raw");
      expect(stored?.length).toBe(14);
      const payload = Object.fromEntries(
        Array.from({ length: 500 }, (_, i) => [`f${i}`, `é:${i}:\u0000`]),
      );
      const [letter] = await bench.queue.deadLetters.list();
      expect(letter?.payload).toEqual(payload);
      await bench.queue.deadLetters.redrive([letter?.id ?? ""]);
      const seen: unknown[] = [];
      await drain(bench.queue, (message) => seen.push(message.payload));
      expect(seen).toEqual([payload]);
    });

    test.each([["xd:k"], ["order_id"]])(
      "an entry too wide for one command keeps its key in %s, so that done work is not repeated",
      async (idempotencyField) => {
        const bench = openWorkbench(target(), { idempotencyField });
        const wide = Array.from({ length: 400 }, (_, i) => [`f${i}`, `${i}`]).flat();
        await bench.outside.add(...wide, idempotencyField, "k");
        await drain(bench.queue, () => {
          throw new Reject("no");
        });
        const [letter] = await bench.queue.deadLetters.list();
        expect(letter?.idempotencyKey).toBe("k");
        expect(Object.keys(letter?.payload as object).slice(0, 2)).toEqual(["f0", "f1"]);
        await bench.outside.add(idempotencyField, "k", "n", "1");
        expect(await drain(bench.queue, () => {})).toMatchObject({ completed: 1 });
        await bench.queue.deadLetters.redrive([letter?.id ?? ""]);
        const again = await drain(bench.queue, () => {});
        expect(again).toMatchObject({ completed: 0, duplicates: 1 });
      },
    );

    test("a wide letter that an older version wrote gets its key back when it is redriven", async () => {
      const bench = openWorkbench(target());
      const story = ["failed_at", "1700000000000", "reason", "failed", "error", "no"];
      story.push("deliveries", "1", "failures", "1", "original_id", "1700000000000-0");
      const letters = [
        await bench.outside.addDeadLetter(...story, "xd:raw", "1:a3:b:c4:xd:k2:é"),
        await bench.outside.addDeadLetter(...story, "xd:raw", "-3:not what we wrote"),
      ];
      await bench.queue.deadLetters.redrive(letters);
      const { messages } = await bench.claim(newToken());
      expect(messages.map(({ fields }) => fields)).toEqual([
        ["xd:raw", "1:a3:b:c4:xd:k2:é", "xd:k", "é"],
        ["xd:raw", "-3:not what we wrote"],
      ]);
    });

    test("a dead letter whose payload somebody deleted is lost, and its reply says so", async () => {
      const bench = openWorkbench(target());
      const [id] = await bench.send("a");
      const pass = newToken();
      const held = inHand((await bench.claim(pass)).messages);
      await bench.outside.delete(id as string);
      const reply = await bench.turn(pass, { dead: rejectAll(held) });
      expect(reply).toMatchObject({ lost: [id], lostPayloads: 1 });
      expect(await bench.queue.depth()).toEqual(EMPTY);
    });
  });
}
