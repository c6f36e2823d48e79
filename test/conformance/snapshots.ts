import { describe, expect, test } from "vitest";
import { drain, Reject } from "../../src/index.ts";
import type { Target } from "./target.ts";
import { idsOf, inHand, later, newToken, openWorkbench } from "./workbench.ts";

/** Processes that were restored from one snapshot draw the same numbers: the same request ids and tokens. */
export function snapshots(target: () => Target): void {
  /** A queue as two such processes see it. */
  function openTwins(options: Parameters<typeof openWorkbench>[1] = {}) {
    const bench = openWorkbench(target(), options);
    const names = {
      name: bench.queue.name,
      deadLetters: { stream: bench.port.deadLetterStream ?? "" },
    };
    const twin = () => {
      return openWorkbench({ ...target(), store: target().twin() }, { ...names, ...options }).queue;
    };
    return { ...bench, first: twin(), second: twin() };
  }

  describe("two processes of one snapshot", () => {
    test("what both send is stored, though their requests have one name", async () => {
      const { queue, first, second } = openTwins();
      const [{ id }, other] = [await first.send("a"), await second.send("b")];
      expect(other.id).not.toBe(id);
      const seen: unknown[] = [];
      await drain(queue, ({ payload }) => void seen.push(payload), { concurrency: 1 });
      expect(seen).toEqual(["a", "b"]);
    });

    test("so is what both send delayed, under an id of its own", async () => {
      const { queue, first, second, age } = openTwins();
      const sent = await Promise.all([
        first.send("a", { delay: 60_000 }),
        second.send("b", { delay: 60_000 }),
      ]);
      expect(new Set(sent.map(({ id }) => id)).size).toBe(2);
      await age(60_000);
      const seen = new Map<string, unknown>();
      await drain(queue, ({ id, payload }) => void seen.set(id, payload));
      expect(seen).toEqual(new Map(sent.map(({ id }, i) => [id, "ab"[i]])));
    });

    test("so is what both send deduplicated", async () => {
      const { queue, first, second } = openTwins({ deduplicate: true });
      const sent = [
        await first.send("a", { idempotencyKey: "a" }),
        await second.send("b", { idempotencyKey: "b" }),
      ];
      expect(sent.map(({ duplicate }) => duplicate)).toEqual([undefined, undefined]);
      expect(await queue.depth()).toMatchObject({ entries: 2 });
    });

    test("each cancels its own message", async () => {
      const { queue, first, second } = openTwins();
      const [a, b] = await queue.sendBatch([
        { payload: "a", delay: "1 h" },
        { payload: "b", delay: "1 h" },
      ]);
      expect(await first.cancel(a?.id ?? "")).toBe(true);
      expect(await second.cancel(b?.id ?? "")).toBe(true);
      expect(await queue.depth()).toMatchObject({ delayed: 0 });
    });

    test("each redrives its own dead letter", async () => {
      const { queue, send, first, second } = openTwins();
      await send("a", "b");
      await drain(queue, () => {
        throw new Reject("no");
      });
      const [a, b] = await queue.deadLetters.list();
      const made = [
        ...(await first.deadLetters.redrive([a?.id ?? ""])),
        ...(await second.deadLetters.redrive([b?.id ?? ""])),
      ];
      expect(new Set(made).size).toBe(2);
      expect(await queue.depth()).toMatchObject({ entries: 2, dead: 0 });
    });

    test("each replays from where it says", async () => {
      const { send, claim, turn, first, second } = openTwins({ retention: { age: "1 h" } });
      const ids = await send("a", "b");
      const pass = newToken();
      await turn(pass, { complete: inHand((await claim(pass)).messages) });
      await first.replay({ from: "9999999999999-0" });
      await second.replay({ from: "0" });
      expect(idsOf(await claim(newToken()))).toEqual(ids);
    });
  });

  describe("a token that another pass has drawn as well", () => {
    test("its first turn is given nothing, and leaves the other's messages alone", async () => {
      const { send, claim, turn, outside } = openTwins();
      const ids = await send("a", "b", "c");
      const token = newToken();
      const one = await claim(token, 2, { first: true });
      const other = await claim(token, 2, { first: true });
      expect(other).toMatchObject({ messages: [], kind: "ordinary", heldBack: "passes", lost: [] });
      expect(await outside.consumers()).toEqual({ [token]: 2 });
      const settled = await turn(token, { complete: inHand(one.messages) });
      expect(settled.lost).toEqual([]);
      const third = await claim(token, 2, { first: true });
      expect(idsOf(third)).toEqual(ids.slice(2));
    });

    test("a first turn whose response is lost still hands out again what it claimed", async () => {
      const bench = openTwins();
      const ids = await bench.send("a");
      const store = await target().faulty({ lost: "response" });
      const token = newToken();
      const reply = await bench.turn(token, { claim: 1, first: true }, store);
      expect(idsOf(reply)).toEqual(ids);
      await bench.turn(token, { release: later(inHand(reply.messages)) });
    });

    test("a message is with one of two passes that have one token", async () => {
      const { send, first, second } = openTwins();
      await send("a");
      const seen: unknown[] = [];
      await drain(first, async ({ payload }) => {
        seen.push(payload);
        const report = await drain(second, ({ payload }) => void seen.push(payload));
        expect(report).toMatchObject({ stopped: "limited", claimed: 0 });
      });
      expect(seen).toEqual(["a"]);
    });
  });
}
